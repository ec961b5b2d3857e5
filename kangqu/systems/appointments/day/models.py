"""Who has come, where she is in the queue and how long she was told to wait; the numbers given; the calls made."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.capacity.models import Session
from kangqu.kernel.people.models import OfPerson
from kangqu.kernel.places.models import Department, Institution


class VisitState(models.TextChoices):
    WAITING = "waiting", _("候诊")
    CALLED = "called", _("已叫号")
    IN_ROOM = "in_room", _("就诊中")
    OUT_FOR_TESTS = "out_for_tests", _("检查中")
    BACK = "back", _("检查回来")
    PASSED = "passed", _("过号")
    FINISHED = "finished", _("已看完")
    LEFT = "left", _("已离开")


CAN_BE_CALLED: Final = (VisitState.WAITING, VisitState.BACK, VisitState.PASSED)


class Visit(OfPerson):
    """Somebody who came to a booked time. ``turn_at``: late, the slot during which she came. ``since``: passed or back since then.

    ``told_*``: the wait in minutes as told at check-in; ``first_called_at`` says what came. ``took_seconds``: in the room so far.
    """

    booking_id = models.BigIntegerField()
    booking_code = models.CharField("预约编号", max_length=16)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+", db_index=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    day = models.DateField()
    number = models.PositiveIntegerField()
    label = models.CharField("排队号", max_length=12)
    channel = models.CharField(max_length=12)
    slot_at = models.DateTimeField()
    turn_at = models.DateTimeField(null=True)
    came_at = models.DateTimeField()
    state = models.CharField(max_length=14, choices=VisitState, default=VisitState.WAITING)
    passes = models.PositiveSmallIntegerField("过号次数", default=0)
    since = models.DateTimeField(null=True)
    doctor_id = models.BigIntegerField("医生账号", null=True)
    room = models.CharField("诊室", max_length=60, blank=True)
    first_called_at = models.DateTimeField(null=True)
    called_at = models.DateTimeField(null=True)
    in_room_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    took_seconds = models.PositiveIntegerField(default=0)
    told_minutes = models.FloatField(null=True)
    told_least = models.FloatField(null=True)
    told_most = models.FloatField(null=True)
    near_told_at = models.DateTimeField(null=True)
    fee_fen = models.PositiveIntegerField("应收（分）", default=0)
    fee_why = models.JSONField("收费依据", default=dict)  # zh, en, rule

    class Meta:
        app_label = "appointments"
        constraints = [models.UniqueConstraint(fields=["person", "booking_id"], name="one_visit_a_booking")]
        indexes = [
            models.Index(fields=["session", "state"], name="visit_of_session"),
            models.Index(fields=["institution", "day"], name="visit_of_day"),
            models.Index(fields=["booking_code"], name="visit_by_booking"),
        ]


class Call(OfPerson):
    """One call of a patient: who waits behind her counts them."""

    visit_id = models.BigIntegerField()
    session_id = models.BigIntegerField()
    doctor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "appointments"
        indexes = [models.Index(fields=["session_id", "at"], name="call_of_session")]


class Numbering(models.Model):
    """The last number given in a department on a day. ``department_id`` 0: a clinic of no department."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution_id = models.BigIntegerField()
    department_id = models.BigIntegerField(default=0)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "appointments"
        constraints = [
            models.UniqueConstraint(fields=["institution_id", "department_id", "day"], name="numbering_of_a_day")
        ]


class Post(models.Model):
    """A doctor at work in a session, and in which room. His own presses wait for this row."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+", db_index=False)
    doctor_id = models.BigIntegerField("医生账号")
    room = models.CharField("诊室", max_length=60, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        app_label = "appointments"
        constraints = [models.UniqueConstraint(fields=["session", "doctor_id"], name="one_post_a_doctor")]
