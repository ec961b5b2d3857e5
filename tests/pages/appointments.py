"""A hospital's clinics for the pages: one with places, one that is full; what the family has booked, missed, waits for."""

from __future__ import annotations

import random
from datetime import time, timedelta
from typing import Any

from kangqu.kernel.basis.ids import new_code
from kangqu.kernel.capacity.booking import Wanted, book
from kangqu.kernel.capacity.joining import wait
from kangqu.kernel.capacity.models import Booking, RosterRow, Schedule, Session, Slot
from kangqu.kernel.capacity.releases import announce, enter, hold_draw
from kangqu.kernel.capacity.sessions import generate
from kangqu.kernel.capacity.stopping import rebook, stop
from kangqu.kernel.places.models import Department
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.noshow.appeals import appeal
from kangqu.systems.appointments.rosters.keeping import NewClinic, make_clinic, put_rows
from kangqu.systems.appointments.rosters.rows import Asked
from tests.access import cast


def appointments_of(world: Any) -> dict[str, str]:
    """Make them; the codes by name."""
    place = cast.institution(
        "淄川区中医医院（长名字的分院）", "hospital", cast.region("370302", "淄川区"), world.clinic
    )
    found: dict[str, str] = {"booking_hospital": str(place.pk)}
    sessions = {
        name: _session(world, place, name, title, facts, day, places)
        for name, title, facts, day, places in (
            ("骨科", "骨科普通门诊", {"level": "general", "fee_fen": 1000, "room": "门诊楼 3 层 12 诊室"}, 3, 2),
            ("心血管内科", "心内科专家门诊", {"level": "expert", "fee_fen": 5000}, 4, 1),
            ("眼科", "眼科门诊", {"level": "general"}, 5, 2),
        )
    }
    bones, heart, eyes = sessions.values()
    by = the_house("test")
    for name, who, session in (("appt", world.daughter, bones), ("appt_family", world.mother, eyes), ("appt_other", world.agent, heart)):  # fmt: skip
        found[name] = book(
            Wanted(person_id=who.pk, session_id=session.pk, channel="citizen", key=name), by=by, at=world.now
        ).code
    for slot in Slot.objects.filter(session=heart)[1:]:
        stranger = cast.resident("钱多多", at=world.now)
        book(
            Wanted(person_id=stranger.pk, session_id=heart.pk, slot_id=slot.pk, channel="citizen", key=f"s{slot.pk}"),
            by=by,
            at=world.now,
        )
    found["appt_waits"] = wait(world.daughter.pk, heart.pk, channel="citizen", key="w", by=by, at=world.now).code
    held = Wanted(person_id=world.daughter.pk, session_id=eyes.pk, channel="citizen", key="h", hold=timedelta(hours=9))
    found["appt_held"] = book(held, by=by, at=world.now).code
    found |= {"clinic_w": bones.schedule.code, "session_free": bones.code, "session_full": heart.code}
    found["appt_missed"] = _missed(world, place)
    found["appeal"] = str(_appeal(world, place, heart))
    return found | _draws(world, place) | _rostered(world)


def _rostered(world: Any) -> dict[str, str]:
    """A clinic of the manager's own institution, every weekday."""
    department, _made = Department.objects.get_or_create(institution=world.clinic, name="全科")
    new = NewClinic(department_id=department.pk, title="全科门诊", room="1 诊室", fee_fen=100)
    by = the_house("test")
    clinic = make_clinic(new, institution_id=world.clinic.pk, by=by, at=world.now)
    rows = [
        Asked(weekday=day, begins=time(8), ends=time(11, 30), slot_minutes=30, quotas={"citizen": 2, "onsite": 1}, off_peak=day > 5)
        for day in range(1, 8)
    ]  # fmt: skip
    put_rows(clinic, rows, seen=0, by=by, at=world.now)
    first, second, *_ = Session.objects.filter(schedule=clinic, starts_at__gt=world.now + timedelta(days=1)).order_by(
        "starts_at"
    )
    for number, session in enumerate((first, first, second)):
        person = cast.resident(f"周{number}", at=world.now).pk
        book(Wanted(person_id=person, session_id=session.pk, channel="citizen", key=f"r{number}"), by=by, at=world.now)
    stop(first.pk, why="医生临时外出", by=by, at=world.now)
    rebook(first.pk, by=by, at=world.now)
    return {"roster_clinic": clinic.code, "roster_session": second.code, "roster_stopped": first.code}


def _appeal(world: Any, place: Any, session: Session) -> int:
    """An appeal of somebody else's that waits for the manager."""
    missed = Booking.objects.create(
        person=world.mother, code=_code(77), kind="appointment", session=session, channel="citizen", scope="x", day=session.day,
        status="noshow", key="missed", made_at=world.now - timedelta(days=3), changed_at=world.now,
    )  # fmt: skip
    return appeal(missed, "那天孩子发高烧，送急诊了", by=the_house("test"), at=world.now).id


def _draws(world: Any, place: Any) -> dict[str, str]:
    """A draw that is open, entered by the family; and one that was drawn."""
    by, now = the_house("test"), world.now
    coming = _session(world, place, "疼痛科", "疼痛科名医门诊", {"level": "special", "fee_fen": 30000}, 6, 1)
    open_now = announce(
        [coming.pk],
        title="名医门诊摇号",
        opens_at=now,
        closes_at=now + timedelta(days=2),
        of_household=1,
        by=by,
        at=now,
    )
    enter(world.daughter.pk, open_now.pk, wishes=[coming.code], by=by, at=now)
    done = _session(world, place, "儿科", "儿科名医门诊", {"level": "special"}, 7, 1)
    begun = now - timedelta(hours=2)
    drawn = announce(
        [done.pk],
        title="儿科名医摇号",
        opens_at=begun,
        closes_at=now - timedelta(hours=1),
        of_household=1,
        by=by,
        at=begun,
    )
    enter(world.daughter.pk, drawn.pk, wishes=[done.code], by=by, at=begun)
    hold_draw(drawn.pk, at=now)
    return {"draw_open": open_now.code, "draw_done": drawn.code}


def _missed(world: Any, place: Any) -> str:
    """Somebody who did not come three times, not long ago; the code of the last."""
    begun, code = world.now - timedelta(days=1), ""
    schedule = Schedule.objects.filter(institution=place).order_by("pk")[0]
    for days in (20, 9, 1):
        starts = world.now - timedelta(days=days)
        session = Session.objects.create(
            code=f"SM{days:03}", schedule=schedule, institution=place, day=starts.date(), starts_at=starts,
            ends_at=starts + timedelta(minutes=30), released_at=starts - timedelta(days=7),
        )  # fmt: skip
        made = Booking.objects.create(
            person=world.daughter, code=_code(days), kind="appointment", session=session, channel="citizen", scope=schedule.scope,
            day=starts.date(), status="noshow", key=f"m{days}", made_at=starts - timedelta(days=3), changed_at=begun,
        )  # fmt: skip
        code = made.code
    return code


def _code(number: int) -> str:
    return new_code("A", random.Random(number))


def _session(world: Any, place: Any, name: str, title: str, facts: dict[str, Any], days: int, places: int) -> Session:
    day = (world.now + timedelta(days=days)).date()
    department, _made = Department.objects.get_or_create(institution=place, name=name)
    schedule = Schedule.objects.create(
        code=f"W{name.encode().hex()[:10].upper()}", kind="appointment", institution=place, department=department, title=title,
        scope=f"department/{department.pk}", facts=facts, on_holidays=True, begun_at=world.now - timedelta(days=60),
    )  # fmt: skip
    RosterRow.objects.create(
        schedule=schedule, weekday=day.isoweekday(), begins=time(9), ends=time(11), slot_minutes=30, quotas={"citizen": places},
        off_peak=name == "骨科", since=day, until=day,
    )  # fmt: skip
    generate(schedule.pk, until=day, by=the_house("test"), at=world.now - timedelta(days=1))
    return Session.objects.get(schedule=schedule)
