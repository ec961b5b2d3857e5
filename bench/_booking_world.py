"""What the bench of bookings works on: a hospital with forty schedules of one long session each, and very many residents."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from kangqu.kernel.capacity.kinds import Kind, declare

KIND: Final = declare(Kind("bench_clinic", "压测门诊", "Bench clinic"))
FIRST: Final = 10**11
PEOPLE: Final = 2 * 10**11
RESIDENTS: Final = 200_000
SCHEDULES: Final = 40
A_SLOT: Final = 64  # seats of each of sixteen slots: 1,024 a session

_PLACES: Final = """
INSERT INTO places_institution (id, code, path, kind, private, name, short_name, name_pinyin, name_initials,
  institution_code, category, region_id, address, phone, status, demo, grade)
VALUES (%(first)s, 'J' || %(first)s, '/' || %(first)s || '/', 'hospital', false, 'bench', '', '', '', '', '',
       (SELECT code FROM places_region ORDER BY code LIMIT 1), '', '', 'open', true, '') ON CONFLICT DO NOTHING
"""
_RESIDENTS: Final = """
INSERT INTO people_person (id, public_code, name, name_pinyin, name_initials, sex, address, nationality, ethnicity, status,
  kept_by_id, registered_at, changed_at, version, demo)
SELECT %(people)s + n, 'R' || (%(people)s + n), '李' || n, 'li', 'l', '1', '', 'CHN', '01', 'active', %(first)s, %(at)s, %(at)s, 1, true
  FROM generate_series(0, %(residents)s - 1) AS n ON CONFLICT DO NOTHING
"""


def fill(at: datetime) -> list[int]:
    """Have the schedules and residents; the sessions of ten days from now, open to everybody, nobody booked."""
    from django.db import connection

    from kangqu.kernel.basis.clock import city_day
    from kangqu.kernel.capacity.models import RosterRow, Schedule, Session
    from kangqu.kernel.capacity.sessions import generate
    from kangqu.kernel.places.models import Region
    from kangqu.kernel.trace.actor import the_house

    if not Region.objects.exists():
        Region.objects.create(code="3703", name="淄博市", level="city")
    given: dict[str, Any] = {"first": FIRST, "people": PEOPLE, "residents": RESIDENTS, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, given)
        cursor.execute(_RESIDENTS, given)
        cursor.execute("TRUNCATE capacity_booking, capacity_seat, capacity_slot, capacity_session CASCADE")
    day = city_day(at) + timedelta(days=10)
    for number in range(SCHEDULES):
        schedule, _fresh = Schedule.objects.get_or_create(
            code=f"W{number}",
            defaults={
                "kind": KIND.code, "institution_id": FIRST, "title": f"门诊 {number}", "scope": f"bench/{number}",
                "begun_at": at, "on_holidays": True,
            },
        )  # fmt: skip
        RosterRow.objects.filter(schedule=schedule).delete()
        RosterRow.objects.create(
            schedule=schedule, weekday=day.isoweekday(), begins=time(8), ends=time(16), slot_minutes=30,
            quotas={"citizen": A_SLOT}, since=day,
        )  # fmt: skip
        generate(schedule.pk, until=day, by=the_house("bench"), at=at)
    Session.objects.update(released_at=at - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE capacity_seat SET opens = jsonb_build_object('citizen', %s::text)", [str(at - timedelta(1))]
        )
        cursor.execute("VACUUM ANALYZE capacity_seat, capacity_session, capacity_slot, capacity_booking")
    return sessions()


def sessions() -> list[int]:
    from kangqu.kernel.capacity.models import Session

    return list(Session.objects.order_by("id").values_list("id", flat=True))


def empty() -> None:
    """Nobody has booked."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE capacity_booking")
        cursor.execute(
            "UPDATE capacity_seat SET person_id = NULL, booking_id = NULL, held_until = NULL WHERE booking_id IS NOT NULL"
        )
        cursor.execute("VACUUM ANALYZE capacity_seat")
