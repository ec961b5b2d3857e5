"""Cases, what hangs on them, and what they tell the rest of the city."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution


class Case(models.Model):
    """One case. Written only by the verbs of this package, each time with ``seq`` one higher.

    ``rank_at`` orders work lists: when it is due, less the head start of its state. ``act_at`` is when the clock acts next.
    """

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("公开编码（K…）", max_length=16, unique=True)
    programme = models.CharField(max_length=30)
    version = models.SmallIntegerField()
    state = models.CharField(max_length=30)
    came_from = models.CharField(max_length=30, blank=True)
    seq = models.IntegerField(default=1)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    origin = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    holder_id = models.BigIntegerField(null=True)
    held_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=100)
    number = models.CharField(max_length=40, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children", db_index=False)
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    rank_at = models.DateTimeField()
    act_at = models.DateTimeField(null=True)
    tier = models.SmallIntegerField(default=0)
    suspended_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "key"], name="case_once"),
            models.CheckConstraint(condition=Q(closed_at=None) | Q(act_at=None), name="case_closed_sleeps"),
            models.CheckConstraint(condition=Q(suspended_at=None) | Q(act_at=None), name="case_suspended_sleeps"),
        ]
        indexes = [
            models.Index(
                fields=["institution", "programme", "state", "rank_at", "id"],
                condition=Q(closed_at=None),
                name="case_work",
            ),
            models.Index(fields=["holder_id", "rank_at", "id"], condition=Q(closed_at=None), name="case_held"),
            models.Index(fields=["act_at"], condition=Q(act_at__isnull=False), name="case_acts"),
            models.Index(fields=["person", "opened_at", "id"], name="case_of_person"),
            models.Index(fields=["institution", "programme", "opened_at", "id"], name="case_of_institution"),
            models.Index(fields=["origin", "programme", "opened_at", "id"], name="case_of_origin"),
            models.Index(fields=["institution", "programme", "state", "opened_at", "id"], name="case_in_state"),
            models.Index(fields=["origin", "programme", "state", "opened_at", "id"], name="case_of_origin_in_state"),
            models.Index(fields=["number", "programme"], condition=~Q(number=""), name="case_number"),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="case_children"),
        ]

    def __str__(self) -> str:
        return self.code


class ProgrammeVersion(models.Model):
    """A version of a programme as this database first knew it: its shape must not change while it is in use."""

    programme = models.CharField(max_length=30)
    version = models.SmallIntegerField()
    shape = models.JSONField()
    known_since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "version"], name="programme_version_once")]


class Alert(models.Model):
    """Somebody was told that a case is late: one row for each tier of each stay in a state."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="alerts")
    seq = models.IntegerField()
    tier = models.SmallIntegerField()
    state = models.CharField(max_length=30)
    role = models.CharField(max_length=40)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "seq", "tier"], name="alert_once")]
        indexes = [
            models.Index(fields=["institution", "role", "at"], condition=Q(seen_at=None), name="alert_unseen"),
        ]


class EventState(models.TextChoices):
    WAITING = "waiting", _("待送")
    DONE = "done", _("已送达")
    PARKED = "parked", _("搁置")


class Event(models.Model):
    """The outbox: what a step told, once for each who listens. Kept after delivery until housekeeping forgets it."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    name = models.CharField(max_length=80)
    listener = models.CharField(max_length=60)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events", db_index=False)
    seq = models.IntegerField()
    values = models.JSONField(default=dict)
    told_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=EventState, default=EventState.WAITING)
    due_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "seq", "name", "listener"], name="event_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="event_waiting"),
            models.Index(fields=["told_at", "id"], condition=Q(state="parked"), name="event_parked"),
            models.Index(fields=["done_at"], condition=Q(state="done"), name="event_done"),
        ]


class Document(models.Model):
    """A picture or a file added to a case, sealed; ``digest`` is of the clear content."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="documents")
    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=40)
    size = models.IntegerField()
    digest = models.BinaryField(max_length=32)
    sealed = models.BinaryField()
    added_by = models.BigIntegerField(null=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "digest"], name="case_document_once")]
