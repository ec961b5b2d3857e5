import django.db.models.deletion
import kangqu.kernel.basis.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('basis', '0001_sequence'),
        ('places', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Keyed',
            fields=[
                ('key', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('verb', models.CharField(max_length=40)),
                ('asked', models.BinaryField(max_length=32, verbose_name='请求摘要')),
                ('answer_id', models.BigIntegerField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='MatchKey',
            fields=[
                ('key', models.BigIntegerField()),
                ('person_id', models.BigIntegerField()),
                ('pk', models.CompositePrimaryKey('key', 'person_id', blank=True, editable=False, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='Household',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=16, unique=True, verbose_name='户编码（H…）')),
                ('address', models.CharField(blank=True, max_length=200)),
                ('formed_at', models.DateTimeField()),
                ('head_id', models.BigIntegerField(null=True, verbose_name='户主')),
                ('dissolved_at', models.DateTimeField(null=True)),
                ('region', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.region')),
            ],
        ),
        migrations.CreateModel(
            name='IdentifierDirectory',
            fields=[
                ('blind', models.BinaryField(max_length=16)),
                ('kind', models.CharField(choices=[('01', '居民身份证'), ('02', '户口簿'), ('03', '护照'), ('04', '军官证'), ('05', '驾驶证'), ('06', '港澳通行证'), ('07', '台湾通行证'), ('11', '出生医学证明'), ('12', '居民健康档案编号'), ('13', '外国人永久居留身份证'), ('14', '港澳台居民居住证'), ('99', '其他')], max_length=2)),
                ('person_id', models.BigIntegerField()),
                ('issued_twice', models.BooleanField(default=False, verbose_name='重号')),
                ('pk', models.CompositePrimaryKey('blind', 'kind', 'person_id', blank=True, editable=False, primary_key=True, serialize=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('issued_twice', False)), fields=('blind', 'kind'), name='one_document_one_person')],
            },
        ),
        migrations.CreateModel(
            name='MatchRun',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField()),
                ('next_person_id', models.BigIntegerField(default=0)),
                ('looked_at', models.BigIntegerField(default=0)),
                ('found', models.BigIntegerField(default=0)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.Value(1), condition=models.Q(('finished_at', None)), name='one_match_run_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Merging',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('survivor_id', models.BigIntegerField()),
                ('absorbed_id', models.BigIntegerField(db_index=True)),
                ('carried', models.JSONField(default=list)),
                ('former_status', models.CharField(max_length=8)),
                ('reason', models.CharField(max_length=200)),
                ('merged_at', models.DateTimeField()),
                ('merged_by', models.BigIntegerField(null=True)),
                ('unmerged_at', models.DateTimeField(null=True)),
                ('unmerged_by', models.BigIntegerField(null=True)),
                ('unmerge_reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'indexes': [models.Index(fields=['survivor_id'], name='merging_survivor')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('unmerged_at', None)), fields=('absorbed_id',), name='absorbed_once_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('public_code', models.CharField(max_length=16, unique=True, verbose_name='居民公开码（R…）')),
                ('name', models.CharField(db_collation='C', max_length=50, verbose_name='姓名')),
                ('name_pinyin', models.CharField(db_collation='C', max_length=300, verbose_name='姓名全拼')),
                ('name_initials', models.CharField(db_collation='C', max_length=50, verbose_name='姓名首字母')),
                ('sex', models.CharField(choices=[('0', '未知'), ('1', '男'), ('2', '女'), ('9', '未说明')], max_length=1, verbose_name='性别')),
                ('birth_date', models.DateField(null=True, verbose_name='出生日期')),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='现住址')),
                ('nationality', models.CharField(default='CHN', max_length=3, verbose_name='国籍')),
                ('ethnicity', models.CharField(blank=True, max_length=2, verbose_name='民族（GB/T 3304）')),
                ('status', models.CharField(choices=[('active', '在册'), ('moved', '迁出'), ('deceased', '死亡'), ('merged', '已合并')], default='active', max_length=8)),
                ('deceased_on', models.DateField(null=True)),
                ('moved_on', models.DateField(null=True)),
                ('registered_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('demo', models.BooleanField(default=False, verbose_name='演示数据')),
                ('kept_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.institution', verbose_name='建档机构')),
                ('merged_into', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='speaks_for', to='people.person')),
                ('region', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.region', verbose_name='现住地区划')),
            ],
        ),
        migrations.CreateModel(
            name='Identifier',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('01', '居民身份证'), ('02', '户口簿'), ('03', '护照'), ('04', '军官证'), ('05', '驾驶证'), ('06', '港澳通行证'), ('07', '台湾通行证'), ('11', '出生医学证明'), ('12', '居民健康档案编号'), ('13', '外国人永久居留身份证'), ('14', '港澳台居民居住证'), ('99', '其他')], max_length=2)),
                ('sealed', models.BinaryField()),
                ('blind', models.BinaryField(max_length=16)),
                ('shown', models.CharField(max_length=40, verbose_name='掩码')),
                ('verified', models.BooleanField(default=False, verbose_name='已核验原件')),
                ('valid_to', models.DateField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('mistaken', models.BooleanField(default=False, verbose_name='登记错误')),
                ('recorded_at', models.DateTimeField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='HouseholdMember',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('household_id', models.BigIntegerField()),
                ('relation', models.CharField(choices=[('0', '户主'), ('1', '配偶'), ('2', '子'), ('3', '女'), ('4', '孙子女或外孙子女'), ('5', '父母'), ('6', '祖父母或外祖父母'), ('7', '兄弟姐妹'), ('8', '其他')], max_length=2)),
                ('from_on', models.DateField()),
                ('to_on', models.DateField(null=True)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='PersonName',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(db_collation='C', max_length=50)),
                ('name_pinyin', models.CharField(db_collation='C', max_length=300)),
                ('use', models.CharField(choices=[('old', '曾用名'), ('nickname', '别名'), ('usual', '其他写法')], max_length=8)),
                ('ended_on', models.DateField(null=True)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='Phone',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('sealed', models.BinaryField()),
                ('blind', models.BinaryField(max_length=16)),
                ('shown', models.CharField(max_length=20, verbose_name='掩码')),
                ('holder', models.CharField(default='self', max_length=10, verbose_name='机主关系')),
                ('verified_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='Proxy',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('agent_id', models.BigIntegerField(verbose_name='代办人')),
                ('kind', models.CharField(choices=[('guardian', '监护人'), ('proxy', '亲情账户')], max_length=8)),
                ('relation', models.CharField(max_length=10, verbose_name='关系')),
                ('rights', models.JSONField(verbose_name='授权事项')),
                ('consent', models.CharField(max_length=20, verbose_name='同意方式')),
                ('evidence', models.CharField(blank=True, max_length=100, verbose_name='凭据')),
                ('granted_by', models.BigIntegerField(null=True, verbose_name='经办账号')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by', models.BigIntegerField(null=True)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
        ),
        migrations.CreateModel(
            name='Residence',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False)),
                ('pk', models.CompositePrimaryKey('person_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('use', models.CharField(choices=[('home', '现住址'), ('registered', '户籍地址'), ('temp', '临时住址')], max_length=10)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('from_on', models.DateField(null=True)),
                ('to_on', models.DateField(null=True)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('region', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.region')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ('left_id', models.BigIntegerField()),
                ('right_id', models.BigIntegerField()),
                ('probability', models.FloatField()),
                ('reasons', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('open', '待核对'), ('same', '同一人'), ('different', '不是同一人')], default='open', max_length=9)),
                ('found_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.BigIntegerField(null=True)),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-probability'], name='review_desk'), models.Index(fields=['right_id'], name='review_right')],
                'constraints': [models.UniqueConstraint(fields=('left_id', 'right_id'), name='review_pair_once'), models.CheckConstraint(condition=models.Q(('left_id__lt', models.F('right_id'))), name='review_pair_ordered')],
            },
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['name', 'birth_date'], name='person_name_birth'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['name_pinyin', 'birth_date'], name='person_pinyin_birth'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['name_initials', 'birth_date'], name='person_initials_birth'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['region', 'name_pinyin'], name='person_region'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='person_merged'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('merged_into__isnull', False), ('status', 'merged')), models.Q(models.Q(('status', 'merged'), _negated=True), ('merged_into__isnull', True)), _connector='OR'), name='merged_says_into_whom'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='merged_into_another'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'deceased'), _negated=True), ('deceased_on__isnull', False), _connector='OR'), name='deceased_has_a_day'),
        ),
        migrations.AddConstraint(
            model_name='identifier',
            constraint=models.UniqueConstraint(fields=('person', 'kind', 'blind'), name='identifier_once'),
        ),
        migrations.AddIndex(
            model_name='householdmember',
            index=models.Index(fields=['household_id'], name='household_members'),
        ),
        migrations.AddConstraint(
            model_name='householdmember',
            constraint=models.UniqueConstraint(condition=models.Q(('to_on', None)), fields=('person',), name='one_household_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='personname',
            index=models.Index(fields=['name'], name='other_name'),
        ),
        migrations.AddIndex(
            model_name='personname',
            index=models.Index(fields=['name_pinyin'], name='other_name_pinyin'),
        ),
        migrations.AddConstraint(
            model_name='personname',
            constraint=models.UniqueConstraint(fields=('person', 'name'), name='other_name_once'),
        ),
        migrations.AddIndex(
            model_name='phone',
            index=models.Index(fields=['blind'], name='phone_blind'),
        ),
        migrations.AddConstraint(
            model_name='phone',
            constraint=models.UniqueConstraint(fields=('person', 'blind'), name='phone_once'),
        ),
        migrations.AddIndex(
            model_name='proxy',
            index=models.Index(fields=['agent_id'], name='proxy_agent'),
        ),
        migrations.AddConstraint(
            model_name='proxy',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('person', 'agent_id'), name='one_open_proxy_per_agent'),
        ),
        migrations.AddConstraint(
            model_name='proxy',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='proxy_has_an_end'),
        ),
        migrations.AddConstraint(
            model_name='proxy',
            constraint=models.CheckConstraint(condition=models.Q(('agent_id', models.F('person_id')), _negated=True), name='proxy_is_another'),
        ),
    ]
