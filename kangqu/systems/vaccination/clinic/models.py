"""The clinic's day: what was asked before a dose, and who is being watched after one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kangqu.kernel.people.models import OfPerson
from kangqu.kernel.places.models import Institution


class PreCheck(OfPerson):
    """The answers before vaccinating (预检), good for the day and the institution. ``stops``: ids of the stops they set."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    answers = models.JSONField()
    stops = models.JSONField(default=list)

    class Meta:
        app_label = "vaccination"
        indexes = [models.Index(fields=["institution", "day"], name="precheck_of_the_day")]


class How(models.TextChoices):
    """How an observation ended."""

    RELEASED = "released", "留观结束"
    AGAINST_ADVICE = "against_advice", "自行提前离开"
    REACTION = "reaction", "出现反应"


class Observation(OfPerson):
    """Watching a person after vaccination (留观), until ``due_at`` at least. A further dose meanwhile moves ``due_at``."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    dose_id = models.BigIntegerField("最近一剂")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=14, choices=How, blank=True)
    note = models.CharField(max_length=200, blank=True)
    ended_by = models.BigIntegerField(null=True)

    class Meta:
        app_label = "vaccination"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "institution"], condition=Q(ended_at=None), name="observed_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, how="") | (Q(ended_at__isnull=False) & ~Q(how="")),
                name="observation_ended_says_how",
            ),
            models.CheckConstraint(
                condition=~Q(how="against_advice") | ~Q(note=""), name="left_against_advice_says_why"
            ),
        ]
        indexes = [models.Index(fields=["institution", "due_at"], condition=Q(ended_at=None), name="observation_board")]
