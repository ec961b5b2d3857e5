"""Regions, institutions and what stands in them. Small reference data, copied everywhere."""

from __future__ import annotations

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId


class RegionLevel(models.TextChoices):
    PROVINCE = "province", _("省")
    CITY = "city", _("市")
    COUNTY = "county", _("区县")
    TOWNSHIP = "township", _("乡镇街道")
    VILLAGE = "village", _("村居")


class Region(models.Model):
    """A division by its statistics code: 2 (province), 4 (city), 6 (county), 9 (township) or 12 digits (village).

    The code begins with its parent's, so a subtree is a prefix.
    """

    code = models.CharField("区划代码", max_length=12, primary_key=True)
    name = models.CharField("名称", max_length=60)
    level = models.CharField(max_length=8, choices=RegionLevel)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    generated = models.BooleanField("生成的（非官方代码）", default=False)
    mark = models.CharField("可信程度", max_length=1, default="V")  # rules.Mark
    # A functional zone has no GB/T 2260 code of its own: national returns count it under this county.
    reports_under = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class InstitutionKind(models.TextChoices):
    COMMISSION = "commission", _("卫生健康委员会")
    HOSPITAL = "hospital", _("医院")
    TOWNSHIP_CENTRE = "township_centre", _("乡镇卫生院")
    COMMUNITY_CENTRE = "community_centre", _("社区卫生服务中心")
    COMMUNITY_STATION = "community_station", _("社区卫生服务站")
    VILLAGE_CLINIC = "village_clinic", _("村卫生室")
    CLINIC = "clinic", _("诊所门诊部")
    MATERNAL_CENTRE = "maternal_centre", _("妇幼保健机构")
    CDC = "cdc", _("疾病预防控制中心")
    SUPERVISION = "supervision", _("卫生监督所")
    EMERGENCY_CENTRE = "emergency_centre", _("急救中心")
    BLOOD_STATION = "blood_station", _("血站")
    LAB = "lab", _("检验检测机构")
    PHARMACY = "pharmacy", _("药店")
    DECOCTION_CENTRE = "decoction_centre", _("中药煎配中心")
    ELDER_HOME = "elder_home", _("养老机构")
    NURSERY = "nursery", _("托育机构")
    SCHOOL = "school", _("学校")
    PORT = "port", _("口岸")
    COLD_STORE = "cold_store", _("冷库")
    VENUE = "venue", _("公共场所")
    CIVIL_AFFAIRS = "civil_affairs", _("民政部门")
    BANK = "bank", _("银行")


class HospitalGrade(models.TextChoices):
    THREE_A = "3A", _("三级甲等")
    THREE_B = "3B", _("三级乙等")
    TWO_A = "2A", _("二级甲等")
    TWO_B = "2B", _("二级乙等")
    ONE = "1", _("一级")
    UNGRADED = "0", _("未定级")


class InstitutionStatus(models.TextChoices):
    PREPARING = "preparing", _("筹建")
    OPEN = "open", _("开业")
    CLOSED = "closed", _("停业")
    REVOKED = "revoked", _("吊销")


class Institution(models.Model):
    """An institution in the one tree that scopes are drawn on. ``path`` is ``/1/12/305/``: a subtree is a prefix."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("机构公开编码", max_length=16, unique=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    path = models.CharField(max_length=200, unique=True, editable=False)
    kind = models.CharField("类别", max_length=20, choices=InstitutionKind)
    grade = models.CharField("等级", max_length=2, choices=HospitalGrade, blank=True)
    private = models.BooleanField("民营", default=False)
    name = models.CharField("名称", max_length=100)
    short_name = models.CharField("简称", max_length=40, blank=True)
    name_pinyin = models.CharField(max_length=300, blank=True)
    name_initials = models.CharField(max_length=100, blank=True)
    uscc = models.CharField("统一社会信用代码", max_length=18, null=True, unique=True)
    institution_code = models.CharField("医疗机构代码（22 位）", max_length=22, blank=True)
    category = models.CharField("机构类别（WS 218）", max_length=4, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="institutions")
    address = models.CharField("地址", max_length=200, blank=True)
    phone = models.CharField("电话", max_length=30, blank=True)
    status = models.CharField(max_length=10, choices=InstitutionStatus, default=InstitutionStatus.OPEN)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    demo = models.BooleanField("演示数据", default=False)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "region"], name="institution_kind"),
            models.Index(fields=["name_pinyin", "id"], name="institution_by_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ServedRegion(models.Model):
    """Which regions an institution looks after: its residents are the people who live there."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="serves")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="served_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "region"], name="served_once")]


class Licence(models.Model):
    """A licence of an institution: 医疗机构执业许可证, 药品经营许可证, 养老机构备案 …"""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="licences")
    kind = models.CharField(max_length=30)
    number = models.CharField(max_length=40)
    issued_by = models.CharField(max_length=60, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "kind", "number"], name="licence_once")]


class Department(models.Model):
    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="departments")
    code = models.CharField("诊疗科目代码", max_length=10, blank=True)
    name = models.CharField(max_length=60)
    open = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "name"], name="department_once")]


class Post(models.Model):
    """A post (岗位) that exists at an institution, filled or not. Who holds it is a grant in ``access``."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="posts")
    department = models.ForeignKey(Department, on_delete=models.SET_NULL, null=True, related_name="posts")
    role = models.CharField("岗位角色", max_length=40)
    title = models.CharField("岗位名称", max_length=60)
    places = models.PositiveIntegerField("编制数", default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "title"], name="post_once", nulls_distinct=False
            )
        ]


class Consortium(models.Model):
    """医共体, 医联体 or 专科联盟: institutions that work as one across the tree."""

    class Kind(models.TextChoices):
        COUNTY = "county", _("医共体")
        CITY = "city", _("医联体")
        SPECIALTY = "specialty", _("专科联盟")

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=80, unique=True)
    leader = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="leads")


class ConsortiumMember(models.Model):
    consortium = models.ForeignKey(Consortium, on_delete=models.CASCADE, related_name="members")
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="consortia")
    joined_on = models.DateField()
    left_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consortium", "institution"], condition=models.Q(left_on=None), name="member_once"
            )
        ]


class Station(models.Model):
    """A place inside an institution where something is scanned or done: a gate, a window, a desk."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("公开编码（X…）", max_length=16, unique=True)
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="stations")
    name = models.CharField(max_length=60)
    open = models.BooleanField(default=True)


class Device(models.Model):
    """A machine registered to a station. It signs in with a token of its own, kept here only as a hash."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="devices")
    name = models.CharField(max_length=60)
    token_sha256 = models.BinaryField(max_length=32, unique=True)
    registered_at = models.DateTimeField()
    last_seen_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)


class RegionCodeHistory(models.Model):
    """Codes that were in force once: still valid on old documents, with the code that succeeded them."""

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    from_year = models.PositiveSmallIntegerField(null=True)
    to_year = models.PositiveSmallIntegerField(null=True)
    successor = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "from_year"], name="historic_code_once", nulls_distinct=False)
        ]


def institution_path(parent: Institution | None, id: int) -> str:  # noqa: A002
    """The path of an institution under ``parent``."""
    return f"{parent.path if parent else '/'}{id}/"


def lock_tree() -> None:
    """One change of the tree at a time: two moves that are harmless alone could close a circle together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('places.tree'))")
