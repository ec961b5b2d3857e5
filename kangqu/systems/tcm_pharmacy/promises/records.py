"""What promises are made from and what was promised: the floor of a pharmacy, courier rounds, promises and their moves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.cases.models import Case
from kangqu.kernel.places.models import Institution

MOST_HANDS = 200


class Floor(models.Model):
    """What a pharmacy can do: when it is open and how many pairs of hands each stage has.

    ``hours`` are seven spans, Monday first: [from, until] in minutes of the city's day, None when closed. ``until`` past
    1,440 lies on the next day. ``takes_outside``: it also makes what other institutions prescribe.
    """

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.OneToOneField(Institution, on_delete=models.PROTECT, related_name="+")
    hours = models.JSONField("营业时间")
    reviewers = models.SmallIntegerField("审方")
    dispensers = models.SmallIntegerField("调配")
    checkers = models.SmallIntegerField("复核")
    tenders = models.SmallIntegerField("煎煮")
    packers = models.SmallIntegerField("包装")
    counters = models.SmallIntegerField("发药")
    takes_outside = models.BooleanField("接收外院处方", default=True)
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reviewers__range=(0, MOST_HANDS), dispensers__range=(0, MOST_HANDS), checkers__range=(0, MOST_HANDS),
                    tenders__range=(0, MOST_HANDS), packers__range=(0, MOST_HANDS), counters__range=(0, MOST_HANDS),
                ),
                name="floor_hands",
            )
        ]  # fmt: skip


class Round(models.Model):
    """A courier's departure (配送车次). ``weekdays`` are digits, 1 is Monday; ``departs`` is a minute of the city's day.

    ``reaches`` says after how many minutes it is in which district: [[region code, minutes], …].
    """

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    weekdays = models.CharField(max_length=7)
    departs = models.SmallIntegerField()
    parcels = models.SmallIntegerField()
    reaches = models.JSONField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [
            models.UniqueConstraint(fields=["institution", "name"], condition=Q(ended_at=None), name="round_once"),
            models.CheckConstraint(
                condition=Q(departs__range=(0, 1439), parcels__range=(0, 10_000)), name="round_sizes"
            ),
        ]


class Promise(models.Model):
    """When a prescription was promised for. ``first_promised_at`` never changes; each move is a ``PromiseMove``.

    ``stages`` is the plan it came from: [[stage, from, until], …]. ``broken_at`` is since when the plan says that it will not
    be kept, ``expected_at`` when it will be ready instead. ``told_at`` is when people were last told of a change, ``told_kind``
    of which (late, moved, on_time; nothing: of none), ``told_for`` the time they were told.
    """

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="+")
    pharmacy = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    promised_at = models.DateTimeField()
    first_promised_at = models.DateTimeField()
    stages = models.JSONField()
    round = models.ForeignKey(Round, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    quoted_at = models.DateTimeField()
    expected_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    told_kind = models.CharField(max_length=8, default="", db_default="", blank=True)
    told_for = models.DateTimeField(null=True)

    class Meta:
        app_label = "tcm_pharmacy"
        indexes = [
            models.Index(
                fields=["pharmacy", "promised_at"], condition=Q(broken_at__isnull=False), name="promise_broken"
            ),
            models.Index(fields=["broken_at"], condition=Q(broken_at__isnull=False), name="promise_broken_since"),
            models.Index(fields=["told_at"], condition=Q(told_kind="late"), name="promise_told_late"),
        ]


class PromiseMove(models.Model):
    """A promise that was moved: from when to when, why, by whom. Never edited."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    promise = models.ForeignKey(Promise, on_delete=models.PROTECT, related_name="moves")
    promised_before = models.DateTimeField()
    promised_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    by_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [models.UniqueConstraint(fields=["promise", "promised_before"], name="promise_moved_once")]
        indexes = [models.Index(fields=["promise"], condition=Q(told_at=None), name="promise_move_untold")]


class PromiseNews(models.Model):
    """A change of a promise that people were told: late, moved, on_time again. ``time`` is null while there is none.

    The pharmacy's manager says that she knows (``pharmacy_seen_at``); so does the hospital, where it goes to a ward.
    """

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    promise = models.ForeignKey(Promise, on_delete=models.PROTECT, related_name="news")
    pharmacy = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    hospital = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    ward = models.BooleanField("送病区")
    kind = models.CharField(max_length=8)
    promised_before = models.DateTimeField()
    time = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    pharmacy_seen_at = models.DateTimeField(null=True)
    pharmacy_seen_by = models.BigIntegerField(null=True)
    hospital_seen_at = models.DateTimeField(null=True)
    hospital_seen_by = models.BigIntegerField(null=True)

    class Meta:
        app_label = "tcm_pharmacy"
        indexes = [
            models.Index(fields=["pharmacy", "-id"], name="promise_news_pharmacy"),
            models.Index(fields=["hospital", "-id"], name="promise_news_hospital"),
        ]
