import django.db.models.deletion
import kangqu.kernel.basis.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('basis', '0001_sequence'),
        ('people', '0001_initial'),
        ('places', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('staff', '工作人员'), ('resident', '居民'), ('system', '系统')], max_length=8)),
                ('username', models.CharField(max_length=60, unique=True, verbose_name='登录名')),
                ('display_name', models.CharField(max_length=100, verbose_name='姓名')),
                ('phone_sealed', models.BinaryField(null=True)),
                ('phone_blind', models.BinaryField(db_index=True, max_length=16, null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('must_change_password', models.BooleanField(default=False)),
                ('password_changed_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('language', models.CharField(default='zh-hans', max_length=8)),
                ('large_type', models.BooleanField(default=False, verbose_name='长辈版')),
                ('demo', models.BooleanField(default=False, verbose_name='演示数据')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('account_id', models.BigIntegerField()),
                ('institution_id', models.BigIntegerField()),
                ('reason', models.CharField(max_length=20)),
                ('note', models.CharField(max_length=200)),
                ('opened_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('review_due_at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('waiting', '待审查'), ('justified', '合理'), ('misuse', '滥用')], default='waiting', max_length=10)),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('reviewed_by', models.BigIntegerField(null=True)),
                ('review_note', models.CharField(blank=True, max_length=200)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('institution_id', models.BigIntegerField(null=True)),
                ('purpose', models.CharField(max_length=30)),
                ('text_version', models.CharField(max_length=20)),
                ('given_at', models.DateTimeField()),
                ('given_by', models.BigIntegerField()),
                ('ends_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='Encounter',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('institution_id', models.BigIntegerField()),
                ('day', models.DateField()),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('resident', '居民'), ('village_doctor', '村医'), ('family_doctor', '家庭医生'), ('doctor', '医生'), ('nurse', '护士'), ('midwife', '助产士'), ('pharmacist', '药师'), ('public_health_worker', '公卫人员'), ('registrar', '登记员'), ('index_keeper', '主索引管理员'), ('cdc_officer', '疾控人员'), ('gate_keeper', '场所查验员'), ('home_manager', '养老机构负责人'), ('inspector', '监督员'), ('commission_officer', '卫健委工作人员'), ('institution_manager', '机构管理员'), ('system_admin', '系统管理员'), ('security_admin', '安全管理员'), ('audit_admin', '审计管理员'), ('device', '设备'), ('system', '接入系统')], max_length=40)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('granted_by', models.BigIntegerField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to=settings.AUTH_USER_MODEL)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='places.institution')),
            ],
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'resident')), fields=('person',), name='one_account_per_resident'),
        ),
        migrations.AddIndex(
            model_name='breakglass',
            index=models.Index(fields=['account_id', 'ends_at'], name='break_glass_open'),
        ),
        migrations.AddIndex(
            model_name='breakglass',
            index=models.Index(fields=['outcome', 'review_due_at'], name='break_glass_queue'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['person', 'institution_id'], name='consent_person'),
        ),
        migrations.AddConstraint(
            model_name='encounter',
            constraint=models.UniqueConstraint(fields=('person', 'institution_id', 'day'), name='encounter_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.UniqueConstraint(condition=models.Q(('ends_at', None)), fields=('account', 'role', 'institution'), name='grant_once'),
        ),
    ]
