"""Residents: one row per person and the rows that live with it.

Everything about a person carries ``person_id`` first in its key, so that a person's rows can live on one shard. Two
small directories (of documents and of public codes) are keyed by what is looked up and answer with the person.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.people.codes import models as _codes  # noqa: F401 - the one code's tables are this app's
from kangqu.kernel.places.models import Institution, Region


class Sex(models.TextChoices):
    """GB/T 2261.1."""

    UNKNOWN = "0", _("未知")
    MALE = "1", _("男")
    FEMALE = "2", _("女")
    UNSPECIFIED = "9", _("未说明")


class PersonStatus(models.TextChoices):
    ACTIVE = "active", _("在册")
    MOVED = "moved", _("迁出")
    DECEASED = "deceased", _("死亡")
    MERGED = "merged", _("已合并")


class Person(models.Model):
    """A resident. ``merged_into`` names the record that speaks for this one; nothing else moves when records merge."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    public_code = models.CharField("居民公开码（R…）", max_length=16, unique=True)
    # The C collation makes one index serve equality, prefixes and order on every server.
    name = models.CharField("姓名", max_length=50, db_collation="C")
    name_pinyin = models.CharField("姓名全拼", max_length=300, db_collation="C")
    name_initials = models.CharField("姓名首字母", max_length=50, db_collation="C")
    sex = models.CharField("性别", max_length=1, choices=Sex)
    birth_date = models.DateField("出生日期", null=True)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, verbose_name="现住地区划"
    )
    address = models.CharField("现住址", max_length=200, blank=True)
    nationality = models.CharField("国籍", max_length=3, default="CHN")
    ethnicity = models.CharField("民族（GB/T 3304）", max_length=2, blank=True)
    status = models.CharField(max_length=8, choices=PersonStatus, default=PersonStatus.ACTIVE)
    deceased_on = models.DateField(null=True)
    moved_on = models.DateField(null=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="speaks_for", db_index=False
    )
    kept_by = models.ForeignKey(
        Institution, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="建档机构"
    )
    registered_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    demo = models.BooleanField("演示数据", default=False)

    class Meta:
        indexes = [
            models.Index(fields=["name", "birth_date"], name="person_name_birth"),
            models.Index(fields=["name_pinyin", "birth_date"], name="person_pinyin_birth"),
            models.Index(fields=["name_initials", "birth_date"], name="person_initials_birth"),
            models.Index(fields=["region", "name_pinyin"], name="person_region"),
            # Who lives where, without the rows themselves: counting a city, and turning the pages of a township.
            models.Index(
                fields=["region", "id"],
                include=["birth_date", "sex", "deceased_on", "moved_on", "kept_by"],
                name="person_lives",
                condition=models.Q(merged_into__isnull=True),
            ),
            models.Index(fields=["merged_into"], name="person_merged", condition=models.Q(merged_into__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="merged", merged_into__isnull=False)
                | (~models.Q(status="merged") & models.Q(merged_into__isnull=True)),
                name="merged_says_into_whom",
            ),
            models.CheckConstraint(condition=~models.Q(merged_into=models.F("id")), name="merged_into_another"),
            models.CheckConstraint(
                condition=~models.Q(status="deceased") | models.Q(deceased_on__isnull=False), name="deceased_has_a_day"
            ),
        ]

    def __str__(self) -> str:
        return self.public_code


class OfPerson(models.Model):
    """A row that lives with its person: same shard, same key."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # the key begins with it
    id = models.BigIntegerField(db_default=NextId(), editable=False)
    pk = models.CompositePrimaryKey("person_id", "id")

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        # A new row is inserted at once: an UPDATE first would carry nextval, which Citus refuses.
        if self._state.adding:
            kwargs["force_insert"] = True
        super().save(*args, **kwargs)


class IdentifierKind(models.TextChoices):
    """Kinds of paper, by the codes health cards use (idType); 11 to 14 are this platform's own."""

    RESIDENT_ID = "01", _("居民身份证")
    HOUSEHOLD_BOOK = "02", _("户口簿")
    PASSPORT = "03", _("护照")
    OFFICER = "04", _("军官证")
    DRIVING_LICENCE = "05", _("驾驶证")
    HK_MACAO = "06", _("港澳通行证")
    TAIWAN = "07", _("台湾通行证")
    BIRTH_CERTIFICATE = "11", _("出生医学证明")
    HEALTH_RECORD = "12", _("居民健康档案编号")
    FOREIGN_RESIDENCE = "13", _("外国人永久居留身份证")
    HMT_RESIDENCE = "14", _("港澳台居民居住证")
    OTHER = "99", _("其他")


class Identifier(OfPerson):
    """A document. The number is sealed; ``blind`` finds it; ``shown`` is its mask."""

    kind = models.CharField(max_length=2, choices=IdentifierKind)
    sealed = models.BinaryField()
    blind = models.BinaryField(max_length=16)
    shown = models.CharField("掩码", max_length=40)
    verified = models.BooleanField("已核验原件", default=False)
    valid_to = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    # A paper that ran out still names its holder; a number entered by mistake never did and leaves the directory.
    mistaken = models.BooleanField("登记错误", default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind", "blind"], name="identifier_once")]


class IdentifierDirectory(models.Model):
    """Document → person. One document names one person, except a number that was truly issued twice (重号)."""

    blind = models.BinaryField(max_length=16)
    kind = models.CharField(max_length=2, choices=IdentifierKind)
    person_id = models.BigIntegerField()
    issued_twice = models.BooleanField("重号", default=False)
    pk = models.CompositePrimaryKey("blind", "kind", "person_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["blind", "kind"], condition=models.Q(issued_twice=False), name="one_document_one_person"
            )
        ]


class Phone(OfPerson):
    """A phone number of a person. Numbers are shared in families, so the blind index is not unique."""

    sealed = models.BinaryField()
    blind = models.BinaryField(max_length=16)
    shown = models.CharField("掩码", max_length=20)
    holder = models.CharField("机主关系", max_length=10, default="self")
    verified_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "blind"], name="phone_once")]
        indexes = [models.Index(fields=["blind"], name="phone_blind")]


class PersonName(OfPerson):
    """Another name a person goes or went by: a former name, a traditional or Latin spelling."""

    class Use(models.TextChoices):
        FORMER = "old", _("曾用名")
        ALIAS = "nickname", _("别名")
        SPELLING = "usual", _("其他写法")

    name = models.CharField(max_length=50, db_collation="C")
    name_pinyin = models.CharField(max_length=300, db_collation="C")
    use = models.CharField(max_length=8, choices=Use)
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="other_name_once")]
        indexes = [
            models.Index(fields=["name"], name="other_name"),
            models.Index(fields=["name_pinyin"], name="other_name_pinyin"),
        ]


class Residence(OfPerson):
    """Where a person lived or is registered (户籍), and when."""

    class Use(models.TextChoices):
        HOME = "home", _("现住址")
        REGISTERED = "registered", _("户籍地址")
        TEMPORARY = "temp", _("临时住址")

    use = models.CharField(max_length=10, choices=Use)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="+")
    address = models.CharField(max_length=200, blank=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)


class Household(models.Model):
    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("户编码（H…）", max_length=16, unique=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="+")
    address = models.CharField(max_length=200, blank=True)
    formed_at = models.DateTimeField()
    head_id = models.BigIntegerField("户主", null=True)
    dissolved_at = models.DateTimeField(null=True)


class HouseholdNumber(models.Model):
    """户号: the number a list's owner gives a household. Known per institution; 0 stands for the whole city's lists."""

    blind = models.BinaryField(max_length=16)
    institution_id = models.BigIntegerField()
    household_id = models.BigIntegerField()
    pk = models.CompositePrimaryKey("blind", "institution_id", "household_id")
    sealed = models.BinaryField()
    import_id = models.BigIntegerField(null=True)
    formed = models.BooleanField("由该名单建户", default=False)

    class Meta:
        indexes = [models.Index(fields=["household_id"], name="household_number_of")]


class Relation(models.TextChoices):
    """Relation to the head of the household: the first digit of GB/T 4761."""

    HEAD = "0", _("户主")
    SPOUSE = "1", _("配偶")
    SON = "2", _("子")
    DAUGHTER = "3", _("女")
    GRANDCHILD = "4", _("孙子女或外孙子女")
    PARENT = "5", _("父母")
    GRANDPARENT = "6", _("祖父母或外祖父母")
    SIBLING = "7", _("兄弟姐妹")
    OTHER = "8", _("其他")


class HouseholdMember(OfPerson):
    """Membership of a household, with the relation to its head."""

    household_id = models.BigIntegerField()
    relation = models.CharField(max_length=2, choices=Relation)
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["household_id"], name="household_members")]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=models.Q(to_on=None), name="one_household_at_a_time")
        ]


class ProxyKind(models.TextChoices):
    GUARDIAN = "guardian", _("监护人")
    PROXY = "proxy", _("亲情账户")


class Proxy(OfPerson):
    """Somebody who may act for ``person``: a guardian, or a family account (亲情账户) by consent, with an end."""

    agent_id = models.BigIntegerField("代办人")
    kind = models.CharField(max_length=8, choices=ProxyKind)
    relation = models.CharField("关系", max_length=10)
    rights = models.JSONField("授权事项")  # list of access.Right values, shown and tested as a whole
    consent = models.CharField("同意方式", max_length=20)  # phone, desk, paper, guardian
    evidence = models.CharField("凭据", max_length=100, blank=True)
    granted_by = models.BigIntegerField("经办账号", null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["agent_id"], name="proxy_agent")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "agent_id"], condition=models.Q(revoked_at=None), name="one_open_proxy_per_agent"
            ),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="proxy_has_an_end"),
            models.CheckConstraint(condition=~models.Q(agent_id=models.F("person_id")), name="proxy_is_another"),
        ]


class Contact(OfPerson):
    """Next of kin (联系人、监护人) as somebody gave it. ``agent_id`` is the resident it is, where known."""

    name = models.CharField(max_length=50, blank=True)
    relation = models.CharField("关系", max_length=10, blank=True)
    sealed = models.BinaryField("电话", null=True)
    shown = models.CharField("电话掩码", max_length=20, blank=True)
    agent_id = models.BigIntegerField(null=True)
    import_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agent_id"], name="contact_agent", condition=models.Q(agent_id__isnull=False))]


class MatchKey(models.Model):
    """A blocking key of a person for the matcher: an 8-byte hash of what is compared by equality."""

    key = models.BigIntegerField()
    person_id = models.BigIntegerField()
    pk = models.CompositePrimaryKey("key", "person_id")


class Review(models.Model):
    """Two records that may be one person, waiting for a human. A pair is stored once, lower number first."""

    class State(models.TextChoices):
        OPEN = "open", _("待核对")
        SAME = "same", _("同一人")
        DIFFERENT = "different", _("不是同一人")

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    left_id = models.BigIntegerField()
    right_id = models.BigIntegerField()
    probability = models.FloatField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["left_id", "right_id"], name="review_pair_once"),
            models.CheckConstraint(condition=models.Q(left_id__lt=models.F("right_id")), name="review_pair_ordered"),
        ]
        indexes = [
            models.Index(fields=["state", "-probability"], name="review_desk"),
            models.Index(fields=["right_id"], name="review_right"),
        ]


class MatchRun(models.Model):
    """One pass of the matcher over the whole index, in chunks of person numbers; a stopped pass goes on where it was."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    started_at = models.DateTimeField()
    next_person_id = models.BigIntegerField(default=0)
    looked_at = models.BigIntegerField(default=0)
    found = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Every open row has the same value here, so there is one at most.
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(finished_at=None), name="one_match_run_at_a_time"
            ),
        ]


class Keyed(models.Model):
    """A verb done once under a key of its caller's making: a retry finds what the first call made."""

    key = models.CharField(max_length=80, primary_key=True)
    verb = models.CharField(max_length=40)
    asked = models.BinaryField("请求摘要", max_length=32)
    answer_id = models.BigIntegerField()
    at = models.DateTimeField()


class Merging(models.Model):
    """An event: ``absorbed`` was put under ``survivor``, and perhaps taken out again."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    survivor_id = models.BigIntegerField()
    absorbed_id = models.BigIntegerField(db_index=True)
    # Records that already pointed at ``absorbed`` and were pointed at ``survivor``: unmerging points them back.
    carried = models.JSONField(default=list)
    former_status = models.CharField(max_length=8)
    reason = models.CharField(max_length=200)
    merged_at = models.DateTimeField()
    merged_by = models.BigIntegerField(null=True)
    unmerged_at = models.DateTimeField(null=True)
    unmerged_by = models.BigIntegerField(null=True)
    unmerge_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["survivor_id"], name="merging_survivor"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed_id"], condition=models.Q(unmerged_at=None), name="absorbed_once_at_a_time"
            ),
        ]


from kangqu.kernel.people.importing.models import ImportKey, ImportPart, ImportRow, ResidentImport  # noqa: E402, F401 - its tables
