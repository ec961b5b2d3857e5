
import kangqu.kernel.basis.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('basis', '0001_sequence'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('channel', models.CharField(choices=[('sms', '短信'), ('in_app', '站内信'), ('call_list', '电话名单')], max_length=10)),
                ('person_id', models.BigIntegerField(null=True)),
                ('to_sealed', models.BinaryField(null=True)),
                ('to_shown', models.CharField(blank=True, max_length=60)),
                ('template', models.CharField(max_length=60)),
                ('language', models.CharField(default='zh-hans', max_length=8)),
                ('values_sealed', models.BinaryField(null=True)),
                ('urgent', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('waiting', '待发'), ('sending', '发送中'), ('sent', '已发出'), ('delivered', '已送达'), ('failed', '失败待重试'), ('parked', '已搁置'), ('cancelled', '已取消')], default='waiting', max_length=10)),
                ('due_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('gateway_id', models.CharField(blank=True, max_length=80)),
                ('last_error', models.CharField(blank=True, max_length=200)),
                ('written_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('receipt_at', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('institution_id', models.BigIntegerField(null=True)),
                ('handled_by', models.BigIntegerField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=20)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'failed', 'sending'])), fields=['due_at'], name='notice_due'), models.Index(fields=['person_id', '-written_at'], name='notice_person'), models.Index(condition=models.Q(('channel', 'call_list'), ('state', 'waiting')), fields=['institution_id', 'due_at'], name='notice_call_list'), models.Index(condition=models.Q(('gateway_id', ''), _negated=True), fields=['gateway_id'], name='notice_gateway')],
            },
        ),
    ]
