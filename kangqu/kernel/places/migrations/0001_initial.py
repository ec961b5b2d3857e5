import django.db.models.deletion
import kangqu.kernel.basis.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('basis', '0001_sequence'),
    ]

    operations = [
        migrations.CreateModel(
            name='Consortium',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('county', '医共体'), ('city', '医联体'), ('specialty', '专科联盟')], max_length=10)),
                ('name', models.CharField(max_length=80, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='Institution',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=16, unique=True, verbose_name='机构公开编码')),
                ('path', models.CharField(editable=False, max_length=200, unique=True)),
                ('kind', models.CharField(choices=[('commission', '卫生健康委员会'), ('hospital', '医院'), ('township_centre', '乡镇卫生院'), ('community_centre', '社区卫生服务中心'), ('community_station', '社区卫生服务站'), ('village_clinic', '村卫生室'), ('clinic', '诊所门诊部'), ('maternal_centre', '妇幼保健机构'), ('cdc', '疾病预防控制中心'), ('supervision', '卫生监督所'), ('emergency_centre', '急救中心'), ('blood_station', '血站'), ('lab', '检验检测机构'), ('pharmacy', '药店'), ('decoction_centre', '中药煎配中心'), ('elder_home', '养老机构'), ('nursery', '托育机构'), ('school', '学校'), ('port', '口岸'), ('cold_store', '冷库'), ('venue', '公共场所'), ('civil_affairs', '民政部门'), ('bank', '银行')], max_length=20, verbose_name='类别')),
                ('grade', models.CharField(blank=True, choices=[('3A', '三级甲等'), ('3B', '三级乙等'), ('2A', '二级甲等'), ('2B', '二级乙等'), ('1', '一级'), ('0', '未定级')], max_length=2, verbose_name='等级')),
                ('private', models.BooleanField(default=False, verbose_name='民营')),
                ('name', models.CharField(max_length=100, verbose_name='名称')),
                ('short_name', models.CharField(blank=True, max_length=40, verbose_name='简称')),
                ('name_pinyin', models.CharField(blank=True, max_length=300)),
                ('name_initials', models.CharField(blank=True, max_length=100)),
                ('uscc', models.CharField(max_length=18, null=True, unique=True, verbose_name='统一社会信用代码')),
                ('institution_code', models.CharField(blank=True, max_length=22, verbose_name='医疗机构代码（22 位）')),
                ('category', models.CharField(blank=True, max_length=4, verbose_name='机构类别（WS 218）')),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='地址')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='电话')),
                ('status', models.CharField(choices=[('preparing', '筹建'), ('open', '开业'), ('closed', '停业'), ('revoked', '吊销')], default='open', max_length=10)),
                ('opened_on', models.DateField(null=True)),
                ('closed_on', models.DateField(null=True)),
                ('demo', models.BooleanField(default=False, verbose_name='演示数据')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='places.institution')),
            ],
        ),
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(blank=True, max_length=10, verbose_name='诊疗科目代码')),
                ('name', models.CharField(max_length=60)),
                ('open', models.BooleanField(default=True)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='departments', to='places.institution')),
            ],
        ),
        migrations.CreateModel(
            name='ConsortiumMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('joined_on', models.DateField()),
                ('left_on', models.DateField(null=True)),
                ('consortium', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='places.consortium')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consortia', to='places.institution')),
            ],
        ),
        migrations.AddField(
            model_name='consortium',
            name='leader',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='places.institution'),
        ),
        migrations.CreateModel(
            name='Licence',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=30)),
                ('number', models.CharField(max_length=40)),
                ('issued_by', models.CharField(blank=True, max_length=60)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='licences', to='places.institution')),
            ],
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(max_length=40, verbose_name='岗位角色')),
                ('title', models.CharField(max_length=60, verbose_name='岗位名称')),
                ('places', models.PositiveIntegerField(default=1, verbose_name='编制数')),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='posts', to='places.department')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='posts', to='places.institution')),
            ],
        ),
        migrations.CreateModel(
            name='Region',
            fields=[
                ('code', models.CharField(max_length=12, primary_key=True, serialize=False, verbose_name='区划代码')),
                ('name', models.CharField(max_length=60, verbose_name='名称')),
                ('level', models.CharField(choices=[('province', '省'), ('city', '市'), ('county', '区县'), ('township', '乡镇街道'), ('village', '村居')], max_length=8)),
                ('generated', models.BooleanField(default=False, verbose_name='生成的（非官方代码）')),
                ('mark', models.CharField(default='V', max_length=1, verbose_name='可信程度')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='places.region')),
                ('reports_under', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.region')),
            ],
            options={
                'ordering': ('code',),
            },
        ),
        migrations.AddField(
            model_name='institution',
            name='region',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='institutions', to='places.region'),
        ),
        migrations.CreateModel(
            name='RegionCodeHistory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12)),
                ('name', models.CharField(max_length=60)),
                ('from_year', models.PositiveSmallIntegerField(null=True)),
                ('to_year', models.PositiveSmallIntegerField(null=True)),
                ('successor', models.CharField(blank=True, max_length=12)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('code', 'from_year'), name='historic_code_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='ServedRegion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='serves', to='places.institution')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='served_by', to='places.region')),
            ],
        ),
        migrations.CreateModel(
            name='Station',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=16, unique=True, verbose_name='公开编码（X…）')),
                ('name', models.CharField(max_length=60)),
                ('open', models.BooleanField(default=True)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stations', to='places.institution')),
            ],
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('token_sha256', models.BinaryField(max_length=32, unique=True)),
                ('registered_at', models.DateTimeField()),
                ('last_seen_on', models.DateField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to='places.station')),
            ],
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.UniqueConstraint(fields=('institution', 'name'), name='department_once'),
        ),
        migrations.AddConstraint(
            model_name='consortiummember',
            constraint=models.UniqueConstraint(condition=models.Q(('left_on', None)), fields=('consortium', 'institution'), name='member_once'),
        ),
        migrations.AddConstraint(
            model_name='licence',
            constraint=models.UniqueConstraint(fields=('institution', 'kind', 'number'), name='licence_once'),
        ),
        migrations.AddConstraint(
            model_name='post',
            constraint=models.UniqueConstraint(fields=('institution', 'department', 'title'), name='post_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='institution',
            index=models.Index(fields=['kind', 'region'], name='institution_kind'),
        ),
        migrations.AddIndex(
            model_name='institution',
            index=models.Index(fields=['name_pinyin', 'id'], name='institution_by_name'),
        ),
        migrations.AddConstraint(
            model_name='servedregion',
            constraint=models.UniqueConstraint(fields=('institution', 'region'), name='served_once'),
        ),
    ]
