"""What a recall keeps of each prescription that is out: whom to reach, every try, what was taken of it and what came back."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.cases.models import Case
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution


class RecallContact(models.Model):
    """A prescription that was handed out with recalled herbs: one line of its pharmacy's call list.

    ``bags`` are those handed out (doses, where it was not decocted), ``took`` and ``returned`` what the patient says and brings.
    ``given_up`` is nobody reached, with the reason.
    """

    class State(models.TextChoices):
        OPEN = "open", "待联系"
        REACHED = "reached", "已联系上"
        GIVEN_UP = "given_up", "联系不上"

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    recall = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    bags = models.IntegerField("发出袋数")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    took = models.IntegerField("已服袋数", null=True)
    returned = models.IntegerField("收回袋数", null=True)
    tries = models.SmallIntegerField("联系次数", default=0)
    reason = models.CharField(max_length=200, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.BigIntegerField(null=True)

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [
            models.UniqueConstraint(fields=["recall", "case"], name="recall_contact_once"),
            models.CheckConstraint(
                condition=Q(took=None) | Q(returned=None) | Q(bags__gte=F("took") + F("returned")),
                name="recall_contact_bags",
            ),
            models.CheckConstraint(condition=~Q(state="given_up") | ~Q(reason=""), name="recall_contact_reason"),
        ]
        indexes = [models.Index(fields=["institution", "recall"], name="recall_contact_where")]


class RecallTry(models.Model):
    """One try to reach somebody, or what was noted later. Never edited."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    contact = models.ForeignKey(RecallContact, on_delete=models.PROTECT, related_name="all_tries")
    outcome = models.CharField(max_length=12)
    took = models.IntegerField(null=True)
    returned = models.IntegerField(null=True)
    note = models.CharField(max_length=200, blank=True)
    by_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "tcm_pharmacy"
