"""What somebody has missed, and whether it bars her from booking online."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.models import Booking, BookingStatus, Session
from kangqu.kernel.people.reads import person_ids_of
from kangqu.kernel.rules.policy import PolicyBook, load_policies
from kangqu.systems.appointments.kind import APPOINTMENT
from kangqu.systems.appointments.models import Appeal
from kangqu.systems.appointments.noshow import rules
from kangqu.systems.appointments.noshow.refusals import BANNED

POLICIES: Final[PolicyBook] = load_policies("kangqu.systems.appointments.noshow")
ONLINE: Final = frozenset({"citizen"})
EMERGENCY: Final = "急诊"


def number(name: str, at: datetime) -> int:
    return int(POLICIES.value(f"appointments.noshow.{name}", on=city_day(at)))


def profile_at(at: datetime) -> rules.Profile:
    """The profile in force on the city's day of ``at``."""
    counts = {rules.Kind.NO_SHOW}
    if number("counts_late", at):
        counts.add(rules.Kind.LATE)
    if number("counts_same_day", at):
        counts.add(rules.Kind.CANCEL_SAME_DAY)
    return rules.Profile(
        window_days=number("window_days", at), count=number("count", at), ban_days=number("ban_days", at),
        scope=rules.Scope.PLATFORM if number("platform", at) else rules.Scope.HOSPITAL, counts=frozenset(counts),
        grace_minutes=number("grace_minutes", at), origin=rules.Origin.END if number("from_end", at) else rules.Origin.START,
    )  # fmt: skip


def misses_of(person_id: int, *, at: datetime) -> list[rules.Miss]:
    """What counts, or might, against a resident; what was forgiven on appeal does not."""
    profile = profile_at(at)
    since = city_day(at) - timedelta(days=profile.window_days + profile.ban_days)
    forgiven = Appeal.objects.filter(person_id=OuterRef("person_id"), booking_id=OuterRef("id"), accepted=True)
    counted = Q(status=BookingStatus.NO_SHOW)
    if rules.Kind.LATE in profile.counts:
        counted |= Q(status__in=(BookingStatus.ARRIVED, BookingStatus.FULFILLED), facts__late=True)
    if rules.Kind.CANCEL_SAME_DAY in profile.counts:
        counted |= Q(status=BookingStatus.CANCELLED, session__state="open", slot__isnull=False)
    rows = Booking.objects.filter(
        counted, person_id__in=person_ids_of(person_id), kind=APPOINTMENT.code, day__gte=since
    )
    told = rows.exclude(Exists(forgiven)).annotate(place=F("session__institution_id"))
    return [
        miss
        for booking_id, status, day, place, changed_at in told.values_list("id", "status", "day", "place", "changed_at")
        if (miss := _miss(booking_id, status, day, place, changed_at)) is not None
    ]


def _miss(booking_id: int, status: str, day: date, place: int, changed_at: datetime) -> rules.Miss | None:
    if status == BookingStatus.NO_SHOW:
        return rules.Miss(day, booking_id, place)
    if status == BookingStatus.CANCELLED:
        same = city_day(changed_at) == day
        return rules.Miss(day, booking_id, place, rules.Kind.CANCEL_SAME_DAY) if same else None
    return rules.Miss(day, booking_id, place, rules.Kind.LATE)


def bans_of(person_id: int, *, at: datetime) -> list[rules.Ban]:
    """The bans that hold today."""
    today = city_day(at)
    found = rules.bans(misses_of(person_id, at=at), profile_at(at))
    return [ban for ban in found if ban.since <= today <= ban.until]


def keep_out_banned(person_id: int, session: Session, channel: str, *, at: datetime) -> None:
    """Refuse booking online while a ban holds there."""
    department = session.schedule.department
    emergency = department is not None and EMERGENCY in department.name
    if not rules.blocks(channel, emergency=emergency, online=ONLINE):
        return
    misses = misses_of(person_id, at=at)
    if not misses:
        return
    ban = rules.banned(misses, profile_at(at), day=city_day(at), institution_id=session.institution_id)
    if ban is not None:
        raise Refused(BANNED, count=len(ban.misses), until=ban.until.isoformat())
