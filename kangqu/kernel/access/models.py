"""Who may come in: accounts, roles held at institutions, consent, break-glass, systems and their keys."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.people.models import OfPerson, Person
from kangqu.kernel.places.models import Institution


class AccountKind(models.TextChoices):
    STAFF = "staff", _("工作人员")
    RESIDENT = "resident", _("居民")
    SYSTEM = "system", _("系统")


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser):
    """Somebody or something that signs in. A resident's account belongs to a person; a staff account holds grants."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    kind = models.CharField(max_length=8, choices=AccountKind)
    username = models.CharField("登录名", max_length=60, unique=True)
    display_name = models.CharField("姓名", max_length=100)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    phone_sealed = models.BinaryField(null=True)
    phone_blind = models.BinaryField(max_length=16, null=True, db_index=True)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    password_changed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=8, default="zh-hans")
    large_type = models.BooleanField("长辈版", default=False)
    demo = models.BooleanField("演示数据", default=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(kind="resident"), name="one_account_per_resident"
            )
        ]

    def __str__(self) -> str:
        return self.username


class Grant(models.Model):
    """A role held at an institution; it reaches the institution's whole subtree. Never deleted, only ended."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=40, choices=[(role.value, role.label) for role in Role])
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="grants")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    granted_by = models.BigIntegerField(null=True)
    # Roles over the whole city need a second security administrator: the grant waits until one confirms it.
    waits = models.BooleanField(default=False, db_default=False)
    confirmed_by = models.BigIntegerField(null=True)
    ended_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "role", "institution"], condition=models.Q(ends_at=None), name="grant_once"
            )
        ]


class LicenceKind(models.TextChoices):
    DOCTOR = "doctor", _("执业医师")
    ASSISTANT = "assistant", _("执业助理医师")
    VILLAGE = "village", _("乡村医生")
    PHARMACIST = "pharmacist", _("药师")
    NURSE = "nurse", _("护士")


class SpecialRight(models.TextChoices):
    NARCOTIC = "narcotic", _("麻精药品处方权")
    TOXIC = "toxic", _("毒性药品处方权")


class PractisingLicence(models.Model):
    """A licence to practise as it was registered on an account, with the special rights granted. Never edited, only ended."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="licences")
    kind = models.CharField(max_length=12, choices=LicenceKind)
    number = models.CharField("执业证编号", max_length=40)
    valid_until = models.DateField("有效期至", null=True)
    rights = models.JSONField("特殊处方权", default=list)
    recorded_at = models.DateTimeField()
    recorded_by = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(ended_at=None), name="practising_licence_once"
            )
        ]


class SignIn(models.Model):
    """One signing in, alive until it ends: what a session belongs to, and what is listed and ended."""

    class Ended(models.TextChoices):
        SIGNED_OUT = "signed_out", _("本人退出")
        IDLE = "idle", _("久未操作")
        ABSOLUTE = "absolute", _("超过最长时间")
        REVOKED = "revoked", _("被结束")
        CHANGED = "changed", _("密码、角色或账户变动")

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="sign_ins")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    stepped_up_at = models.DateTimeField(null=True)
    ip = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)
    ended_why = models.CharField(max_length=10, choices=Ended, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account"], name="sign_in_alive", condition=models.Q(ended_at=None))]


class Attempts(models.Model):
    """How often something secret was tried and missed lately: a password, a one-time code, a phone.

    ``subject`` is a blind index of what is tried, so that unknown names are counted like known ones.
    """

    kind = models.CharField(max_length=12)
    subject = models.BinaryField(max_length=16)
    pk = models.CompositePrimaryKey("kind", "subject")
    misses = models.PositiveSmallIntegerField(default=0)
    first_at = models.DateTimeField()
    locks = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)


class AccountEvent(models.Model):
    """Something about an account that its holder must hear of. Told once, then kept for looking up."""

    class Kind(models.TextChoices):
        LOCKED = "locked", _("密码连续输错，登录名被锁定")
        CODE_LOCKED = "code_locked", _("动态口令连续输错，被锁定（密码可能已被人知道）")
        PASSWORD_CHANGED = "password_changed", _("修改了密码")
        RESET = "reset", _("管理员重置了账号")
        ENROLLED = "enrolled", _("绑定了动态口令")
        RECOVERY_USED = "recovery_used", _("用掉了一个恢复码")
        ROLE_GIVEN = "role_given", _("得到了新的角色")
        ROLE_ENDED = "role_ended", _("一个角色被收回")

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    ip = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=60, blank=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="account_event")]


class FormerPassword(models.Model):
    """Hashes of passwords an account had, so that the last few are not taken again."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    hash = models.CharField(max_length=128)
    set_at = models.DateTimeField()


class SecondFactor(models.Model):
    """An authenticator app of an account (TOTP, RFC 6238). ``last_step`` makes every code good for one use."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="second_factor")
    secret_sealed = models.BinaryField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)


class RecoveryCode(models.Model):
    """A code on paper for the day the authenticator is lost; good once. Only its blind index is kept."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    blind = models.BinaryField(max_length=16)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "blind"], name="recovery_code_once")]


class PhoneCode(models.Model):
    """A six-digit code sent to a phone to prove that it is held. Kept as a blind index, good once and briefly."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    phone_blind = models.BinaryField(max_length=16)
    code_blind = models.BinaryField(max_length=16)
    purpose = models.CharField(max_length=12)  # sign_in, change_phone, step_up
    sent_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_blind", "-sent_at"], name="phone_code_latest")]


class IdempotencyKey(models.Model):
    """A key a caller gave to a write, and the answer it got: the same key gives the same answer again."""

    principal_id = models.BigIntegerField()
    operation = models.CharField(max_length=60)
    key = models.CharField(max_length=80)
    pk = models.CompositePrimaryKey("principal_id", "operation", "key")
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="idempotency_key_age")]


class Consent(OfPerson):
    """A resident's consent that an institution sees her data for a purpose. Versioned text; withdrawn as easily."""

    institution_id = models.BigIntegerField(null=True)  # null: any institution
    purpose = models.CharField(max_length=30)
    text_version = models.CharField(max_length=20)
    given_at = models.DateTimeField()
    given_by = models.BigIntegerField()
    ends_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "institution_id"], name="consent_person")]


class BreakGlass(OfPerson):
    """An emergency look outside one's scope: reason given beforehand, reviewed afterwards (within 24 h)."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("待审查")
        JUSTIFIED = "justified", _("合理")
        MISUSE = "misuse", _("滥用")

    account_id = models.BigIntegerField()
    institution_id = models.BigIntegerField()
    reason = models.CharField(max_length=20)
    note = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    review_due_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.BigIntegerField(null=True)
    review_note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "ends_at"], name="break_glass_open"),
            models.Index(fields=["outcome", "review_due_at"], name="break_glass_queue"),
        ]


class Encounter(OfPerson):
    """The resident showed her code at an institution: she is there today, so its staff may open her."""

    institution_id = models.BigIntegerField()
    day = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "institution_id", "day"], name="encounter_once_a_day")]
