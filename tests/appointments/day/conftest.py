"""A clinic day: bookings of many people, the clock at the hospital."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.roles import Role
from kangqu.kernel.capacity.models import Booking, Session
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.systems.appointments.booking import taking
from kangqu.systems.appointments.day import coming
from kangqu.systems.appointments.day.models import Visit
from tests.access import cast
from tests.appointments.booking.conftest import NOW, Clinics, at, clinics, family

__all__ = ["Hall", "at", "clinics", "family", "hall"]
_keys = count(1)


class Hall:
    """A general clinic 09:00–10:00 on 12-01 at two slots of eight places; who comes, who calls."""

    def __init__(self, world: Clinics) -> None:
        self.world, self.clock = world, world.clock
        world.clock.move_to(NOW)
        self.session = world.open("bones", {"citizen": 6, "green": 1, "onsite": 1})
        self.desk = Actor(None, "registrar", world.place.pk)
        self.clock.move_to(at("12-01 08:40"))

    def book(self, name: str, slot: int = 0, channel: str = "citizen", session: Session | None = None) -> Booking:
        person = cast.resident(name, at=NOW)
        return self.book_for(person, slot, channel, session)

    def book_for(
        self, person: Person, slot: int = 0, channel: str = "citizen", session: Session | None = None
    ) -> Booking:
        session = session or self.session
        asked = taking.Asked(
            person_id=person.pk, session_id=session.pk, slot_id=self.world.slot(session, slot), key=f"d{next(_keys)}", channel=channel
        )  # fmt: skip
        now = timezone.now()
        booked = taking.take(asked, held=False, by=the_house(), at=min(now, session.starts_at - timedelta(minutes=20)))
        return Booking.objects.select_related("session__institution", "session__schedule", "slot").get(id=booked.id)

    def come(self, booking: Booking, when: str = "", **more: Any) -> Visit:
        if when:
            self.clock.move_to(at(f"12-01 {when}"))
        place = more.pop("institution_id", self.world.place.pk)
        return coming.check_in(booking, institution_id=place, by=self.desk, at=timezone.now(), **more).visit

    def doctor(self, role: Role = Role.DOCTOR, **more: Any) -> tuple[Client, Actor]:
        return self.world.desk(role, **more)

    @property
    def now(self) -> datetime:
        return timezone.now()


@pytest.fixture
def hall(clinics: Clinics) -> Hall:
    ensure_partitions("trace_entry", around=at("12-01 09:00"), ahead=2)
    return Hall(clinics)


def night(world: Clinics) -> Session:
    """A clinic 23:30–24:00, and on after midnight: its day is the day it begins."""
    world.clock.move_to(NOW)
    return world.open("county", {"citizen": 4}, begins=time(23, 0), ends=time(23, 59))


_ = time_machine
