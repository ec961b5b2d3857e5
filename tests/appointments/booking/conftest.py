"""Two hospitals' clinics with a session tomorrow week, and a family that wants to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, Encounter, SecondFactor
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.capacity.models import Booking, RosterRow, Schedule, Seat, Session, Slot
from kangqu.kernel.capacity.sessions import generate
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Department, Institution
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.partitions import ensure_partitions
from tests.access import cast
from tests.citizen.conftest import Family, family, signed_in

__all__ = ["Clinics", "at", "clinics", "family"]
_numbers = count(1)
DAY = date(2026, 12, 1)  # a Tuesday
NOW = datetime.fromisoformat("2026-11-26T10:00+08:00")


def at(text: str) -> datetime:
    """An instant of the city's clock: "11-24 07:00"."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}+08:00")


@dataclass
class Clinics:
    """A hospital's orthopaedic and cardiology clinics; a family with its browsers; the clock at ``now``."""

    place: Institution
    other: Institution
    schedules: dict[str, Schedule]
    family: Family
    clock: time_machine.Traveller

    def open(
        self, name: str, quotas: dict[str, int] | None = None, *, day: date = DAY, begins: time = time(9),
        ends: time = time(10), off_peak: bool = False,
    ) -> Session:  # fmt: skip
        """The session of a day, two slots of two places unless said otherwise."""
        schedule = self.schedules[name]
        RosterRow.objects.create(
            schedule=schedule, weekday=day.isoweekday(), begins=begins, ends=ends, slot_minutes=30, quotas=quotas or {"citizen": 2},
            off_peak=off_peak, since=day, until=day,
        )  # fmt: skip
        generate(schedule.pk, until=day, by=the_house(), at=NOW - timedelta(days=1))
        return Session.objects.get(schedule=schedule, day=day, off_peak=off_peak)

    def client(self, person: Person) -> Client:
        """A browser, just signed in."""
        account = Account.objects.filter(person=person).first() or cast.resident_account(person, at=NOW)
        return signed_in(account, timezone.now())

    def slot(self, session: Session, number: int = 0) -> int:
        return list(Slot.objects.filter(session=session).order_by("starts_at"))[number].pk

    def left(self, session: Session) -> int:
        return Seat.objects.filter(session=session, booking_id=None).count()

    def booking(self, person: Person) -> Booking:
        return Booking.objects.filter(person=person).latest("made_at", "id")

    def held(self, person: Person, session: Session, **more: str) -> Booking:
        """Held through the page."""
        given = {"slot": str(self.slot(session)), "key": f"k{next(_numbers)}", **more}
        response = self.client(person).post(f"/h/book/session/{session.code}", given)
        assert response.status_code == 302, response.content.decode()[:3000]
        return Booking.objects.get(code=response["Location"].rsplit("/", 1)[1])

    def booked(self, person: Person, session: Session, **more: str) -> Booking:
        """Held and confirmed through the pages."""
        mine = self.held(person, session, **more)
        response = self.client(person).post(f"/h/book/confirm/{mine.code}", {"do": "yes"})
        assert response.status_code == 302
        mine.refresh_from_db()
        assert mine.status == "booked"
        return mine

    def session_of(self, name: str) -> Session:
        return Session.objects.filter(schedule=self.schedules[name]).latest("id")

    def present(self, person: Person, where: Institution | None = None) -> None:
        """She showed her code there today."""
        now = timezone.now()
        place = where or self.place
        Encounter.objects.get_or_create(person=person, institution_id=place.pk, day=city_day(now), defaults={"at": now})

    def desk(self, role: Role, where: Institution | None = None) -> tuple[Client, Actor]:
        place = where or self.place
        account = cast.staff(f"desk{next(_numbers)}", role, place, at=NOW - timedelta(days=9))
        SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=NOW)
        return signed_in(account, timezone.now()), Actor(account.pk, role.value, place.pk)


@pytest.fixture
def clinics(db: None, request: pytest.FixtureRequest) -> Iterator[Clinics]:
    with time_machine.travel(NOW, tick=False) as clock:
        ensure_partitions("trace_entry", around=NOW, ahead=2)
        yield make(request.getfixturevalue("family"), clock)


def make(home: Family, clock: time_machine.Traveller) -> Clinics:
    city = cast.region("3703", "淄博市")
    county = cast.region("370302", "淄川区")
    office = cast.institution("市卫健委", "commission", city)
    place = cast.institution("市中心医院", "hospital", city, office)
    other = cast.institution("淄川区医院", "hospital", county, office)
    schedules = {
        "bones": clinic(place, "骨科", "骨科普通门诊", {"level": "general", "fee_fen": 1000, "room": "3 楼 12 诊室"}),
        "heart": clinic(place, "心血管内科", "心内科专家门诊", {"level": "expert", "fee_fen": 5000}, doctor="单田芳"),
        "county": clinic(other, "神经内科", "神经内科门诊", {"level": "general", "fee_fen": 800}),
    }
    return Clinics(place, other, schedules, home, clock)


def clinic(place: Institution, name: str, title: str, facts: dict[str, object], doctor: str = "") -> Schedule:
    department, _ = Department.objects.get_or_create(institution=place, name=name)
    account = cast.staff(f"dr{next(_numbers)}", Role.DOCTOR, place, at=NOW - timedelta(days=9)) if doctor else None
    if account is not None:
        type(account).objects.filter(pk=account.pk).update(display_name=doctor)
    return Schedule.objects.create(
        code=f"W{next(_numbers):05}", kind="appointment", institution=place, department=department, title=title,
        practitioner_id=account.pk if account else None, scope=f"department/{department.pk}", facts=facts,
        begun_at=NOW - timedelta(days=30),
    )  # fmt: skip
