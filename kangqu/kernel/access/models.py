"""Who may come in: accounts, roles held at institutions, consent, break-glass, systems and their keys."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.people.models import OfPerson, Person
from kangqu.kernel.places.models import Institution


class AccountKind(models.TextChoices):
    STAFF = "staff", "工作人员"
    RESIDENT = "resident", "居民"
    SYSTEM = "system", "系统"


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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "role", "institution"], condition=models.Q(ends_at=None), name="grant_once"
            )
        ]


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
        WAITING = "waiting", "待审查"
        JUSTIFIED = "justified", "合理"
        MISUSE = "misuse", "滥用"

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
