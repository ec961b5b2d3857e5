"""A clinic with one schedule of four seats a slot, and residents who want them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.capacity.booking import Booked, Wanted, book
from kangqu.kernel.capacity.kinds import Change, Kind, declare
from kangqu.kernel.capacity.models import Booking, RosterRow, Schedule, Seat, Session
from kangqu.kernel.capacity.sessions import generate
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor
from tests.access import cast

_numbers = count(1)
HEARD: list[Change] = []
TEST_KIND = declare(Kind("test_clinic", "测试门诊", "Test clinic", HEARD.extend))
TUESDAY = date(2026, 12, 1)
RELEASED = datetime.fromisoformat("2026-11-24T07:00+08:00")
BEFORE = datetime.fromisoformat("2026-11-20T09:00+08:00")


@dataclass
class Clinic:
    """A department's schedule, and everybody as an actor."""

    place: Institution
    schedule: Schedule
    desk: Actor
    people: dict[str, int] = field(default_factory=dict)

    def person(self, name: str) -> int:
        if name not in self.people:
            self.people[name] = cast.resident(name, at=BEFORE).pk
        return self.people[name]

    def session(self, quotas: dict[str, int], *, until: time = time(9, 30), day: date = TUESDAY) -> Session:
        """The session of ``day`` from nine, generated from its roster."""
        RosterRow.objects.filter(schedule=self.schedule, since=day).delete()
        RosterRow.objects.create(
            schedule=self.schedule, weekday=day.isoweekday(), begins=time(9), ends=until, slot_minutes=30, quotas=quotas,
            since=day,
            until=day,
        )  # fmt: skip
        generate(self.schedule.pk, until=day, by=self.desk, at=BEFORE)
        return Session.objects.get(schedule=self.schedule, day=day)

    def book(
        self, session: Session, who: str, at: datetime = RELEASED, channel: str = "citizen", **more: object
    ) -> Booked:
        wanted = Wanted(
            person_id=self.person(who), session_id=session.pk, channel=channel,
            **{"key": f"k{next(_numbers)}", **more},  # type: ignore[arg-type]
        )  # fmt: skip
        return book(wanted, by=self.desk, at=at)

    def refused(
        self, session: Session, who: str, at: datetime = RELEASED, channel: str = "citizen", **more: object
    ) -> str:
        return refused(lambda: self.book(session, who, at, channel, **more))

    def left(self, session: Session) -> dict[str, int]:
        """Free seats by channel."""
        free = Seat.objects.filter(session=session, booking_id=None).values_list("channel", flat=True)
        return {channel: list(free).count(channel) for channel in sorted(set(free))}

    def status(self, booked: Booked) -> str:
        return Booking.objects.get(id=booked.id).status


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Refused) as found:
        work()
    return found.value.why.name


def make_clinic() -> Clinic:
    HEARD.clear()
    place = cast.institution("市中心医院", "hospital", cast.region("3703", "淄博市"))
    schedule = Schedule.objects.create(
        code=f"W{next(_numbers)}",
        kind="test_clinic",
        institution=place,
        title="中医科",
        scope="department/1",
        begun_at=BEFORE,
    )
    account = cast.staff(f"desk{next(_numbers)}", Role.NURSE, place, at=BEFORE)
    return Clinic(place, schedule, Actor(account.pk, "nurse", place.pk, purpose="care"))


@pytest.fixture
def clinic(db: None) -> Clinic:
    return make_clinic()


def at(text: str) -> datetime:
    """An instant of the city's clock: "11-24 07:00"."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}+08:00")


def later(**given: float) -> datetime:
    return RELEASED + timedelta(**given)
