"""What is scarce and has a time: schedules with their rosters, sessions, slots, seats; and who has or waits for a seat.

Names are FHIR's (Schedule, Slot, Appointment). ``docs/algorithms/capacity.md`` says what holds among these tables.
"""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.people.models import OfPerson
from kangqu.kernel.places.models import Department, Institution

LONGEST_SLOT: Final = 30  # minutes (AP2)


class Schedule(models.Model):
    """Whose time it is: a doctor's, a clinic room's, a vaccination table's. ``scope`` is what a person may have one of a day."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("公开编码（W…）", max_length=16, unique=True)
    kind = models.CharField(max_length=20)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    practitioner_id = models.BigIntegerField("医生账号", null=True, db_index=True)
    title = models.CharField("名称", max_length=60)
    scope = models.CharField(max_length=60)
    on_holidays = models.BooleanField("节假日照常", default=False)
    facts = models.JSONField(default=dict)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["institution", "kind", "title"], name="schedule_of_institution")]


class RosterRow(models.Model):
    """Every week from ``since`` until ``until``: when, how long a slot is, how many seats of each channel a slot has."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="rows")
    weekday = models.PositiveSmallIntegerField("星期（1–7）")
    begins = models.TimeField()
    ends = models.TimeField()
    slot_minutes = models.PositiveSmallIntegerField()
    quotas = models.JSONField(default=dict)  # channel → seats of each slot
    off_peak = models.BooleanField("错时", default=False)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(weekday__gte=1, weekday__lte=7), name="roster_weekday"),
            models.CheckConstraint(
                condition=models.Q(begins__lt=models.F("ends")), name="roster_begins_before_it_ends"
            ),
            models.CheckConstraint(
                condition=models.Q(slot_minutes__gte=1, slot_minutes__lte=LONGEST_SLOT), name="roster_slots_are_short"
            ),
        ]


class RosterException(models.Model):
    """A day on which a schedule does otherwise: not at all (no rows), or by rows of its own."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="exceptions")
    day = models.DateField()
    reason = models.CharField(max_length=100)
    rows = models.JSONField(default=list)  # as RosterRow, less weekday and validity

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "day"], name="roster_exception_once")]


class SessionState(models.TextChoices):
    OPEN = "open", _("开放")
    STOPPED = "stopped", _("停诊")


class Session(models.Model):
    """A schedule's time on one day, at a stretch. ``released_at``: from when it can be booked; none while a draw has it."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("公开编码（S…）", max_length=16, unique=True)
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="sessions", db_index=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=SessionState, default=SessionState.OPEN)
    off_peak = models.BooleanField("错时", default=False)
    stopped_at = models.DateTimeField(null=True)
    stopped_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "starts_at"], name="session_once")]
        indexes = [models.Index(fields=["institution", "day", "schedule"], name="session_of_day")]


class Slot(models.Model):
    """A piece of a session, of thirty minutes at most."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="slots", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "starts_at"], name="slot_once")]


class Seat(models.Model):
    """One place in a slot. ``channel`` is whose quota it is, ``opens`` from which instant on which channel may take it.

    ``booking_id`` has it; a hold has it until ``held_until``. ``over``: added beyond the roster, under a policy.
    """

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="seats", db_index=False)
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="seats")
    starts_at = models.DateTimeField()
    channel = models.CharField(max_length=12)
    opens = models.JSONField()
    over = models.BooleanField("加号", default=False)
    person_id = models.BigIntegerField(null=True)
    booking_id = models.BigIntegerField(null=True)
    held_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["booking_id"], condition=models.Q(booking_id__isnull=False), name="one_seat_a_booking"
            ),
            models.CheckConstraint(
                condition=models.Q(held_until__isnull=True) | models.Q(booking_id__isnull=False),
                name="a_hold_is_somebodys",
            ),
        ]
        indexes = [
            models.Index(fields=["session", "starts_at", "id"], name="seat_of_session"),
            models.Index(
                fields=["session", "starts_at", "id"], name="seat_to_take",
                condition=models.Q(booking_id__isnull=True) | models.Q(held_until__isnull=False),
            ),
            models.Index(fields=["held_until"], name="seat_held", condition=models.Q(held_until__isnull=False)),
        ]  # fmt: skip


class BookingStatus(models.TextChoices):
    """FHIR AppointmentStatus; ``proposed`` is a hold, ``lapsed`` (ours, FHIR ``cancelled``) one whose time ran out."""

    PROPOSED = "proposed", _("已占号待确认")
    BOOKED = "booked", _("已预约")
    WAITLIST = "waitlist", _("候补中")
    ARRIVED = "arrived", _("已到")
    FULFILLED = "fulfilled", _("已完成")
    CANCELLED = "cancelled", _("已取消")
    NO_SHOW = "noshow", _("爽约")
    LAPSED = "lapsed", _("超时释放")


HAS_A_SEAT: Final = (BookingStatus.PROPOSED, BookingStatus.BOOKED, BookingStatus.ARRIVED)


class Booking(OfPerson):
    """A person's seat, or place in a queue for one (FHIR Appointment). One seat of a scope and day."""

    code = models.CharField("公开编码（A…）", max_length=16)
    kind = models.CharField(max_length=20)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+", db_index=False)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    channel = models.CharField(max_length=12)
    scope = models.CharField(max_length=60)
    day = models.DateField()
    status = models.CharField(max_length=10, choices=BookingStatus)
    key = models.CharField("请求编号", max_length=80)
    held_until = models.DateTimeField(null=True)
    household_id = models.BigIntegerField(null=True)
    made_by = models.BigIntegerField("经办账号", null=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    why = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="booking_asked_once"),
            models.UniqueConstraint(
                fields=["person", "scope", "day"],
                condition=models.Q(status__in=HAS_A_SEAT),
                name="one_a_day_of_a_scope",
            ),
            models.UniqueConstraint(
                fields=["person", "session"], condition=models.Q(status="waitlist"), name="waits_once_for_a_session"
            ),
        ]
        indexes = [
            models.Index(fields=["code"], name="booking_code"),
            models.Index(fields=["session", "status", "made_at", "id"], name="booking_of_session"),
            models.Index(
                fields=["made_by", "made_at"], name="booking_of_maker", condition=models.Q(made_by__isnull=False)
            ),
        ]


class Release(models.Model):
    """Sessions given by lot: who enters from ``opens_at`` until ``closes_at``; ``digest`` of the seed is published at once, ``seed``
    when it is drawn."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("公开编码（D…）", max_length=16, unique=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=60)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    of_household = models.PositiveSmallIntegerField("每户最多", default=1)
    digest = models.CharField(max_length=64)
    seed_sealed = models.BinaryField(null=True)
    seed = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens_at__lt=models.F("closes_at")), name="release_opens_before_it_closes"
            )
        ]


class ReleaseSession(models.Model):
    """A session that a release gives away."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="given")
    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="+")


class Entry(OfPerson):
    """Somebody who entered a release: one each, whatever she sends. ``wishes`` are sessions' codes, dearest first."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField("公开编码（E…）", max_length=16)
    wishes = models.JSONField()
    household_id = models.BigIntegerField(null=True)
    made_by = models.BigIntegerField("经办账号", null=True)
    entered_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    given = models.CharField("中签场次", max_length=16, blank=True)
    booking_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "release"], name="one_entry_each")]
        indexes = [models.Index(fields=["release", "code"], name="entry_of_release")]


class Asking(models.Model):
    """How often an account asked for seats in one minute, and how often of them beyond the limit."""

    account_id = models.BigIntegerField()
    minute = models.DateTimeField()
    asked = models.PositiveIntegerField(default=0)
    beyond = models.PositiveIntegerField(default=0)
    pk = models.CompositePrimaryKey("account_id", "minute")

    class Meta:
        indexes = [models.Index(fields=["minute"], name="asking_beyond", condition=models.Q(beyond__gt=0))]
