"""Booking over HTTP: one popular session of a hospital with very many places, residents the hospital keeps, its system's token; and a
client that asks at a steady pace."""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

CODE: Final = "WBENCHHTTP"
PATIENTS: Final = 4_000
SECONDS: Final = 5


def prepare(at: datetime) -> tuple[str, str, list[str]]:
    """The token of the hospital's system, the code of its popular session, the codes of residents it keeps."""
    from importlib import import_module

    from django.conf import settings

    from bench import _booking_world as world
    from kangqu.kernel.access.roles import Role
    from kangqu.kernel.access.tokens import issue_token
    from kangqu.kernel.places.models import Institution
    from kangqu.kernel.trace.actor import the_house
    from kangqu.kernel.trace.partitions import STREAM_TABLES, ensure_partitions

    import_module(settings.ROOT_URLCONF)  # every scope is declared by now
    for table in STREAM_TABLES:
        ensure_partitions(table, around=at)
    where = Institution.objects.get(pk=world.FIRST).code
    token = issue_token(
        role=Role.SYSTEM, institution_code=where, scopes=["appointments.write"], days=1, by=the_house("bench"), at=at
    ).token
    return token, _session(at), _patients(at)


def _session(at: datetime) -> str:
    from datetime import time as of_day

    from bench import _booking_world as world
    from kangqu.kernel.basis.clock import city_day
    from kangqu.kernel.capacity.models import RosterRow, Schedule, Seat, Session
    from kangqu.kernel.capacity.sessions import generate
    from kangqu.kernel.trace.actor import the_house

    day = city_day(at) + timedelta(days=9)
    schedule, _fresh = Schedule.objects.get_or_create(
        code=CODE,
        defaults={
            "kind": "appointment", "institution_id": world.FIRST, "title": "名医门诊", "scope": "bench/http", "begun_at": at,
            "on_holidays": True,
        },
    )  # fmt: skip
    RosterRow.objects.filter(schedule=schedule).delete()
    RosterRow.objects.create(
        schedule=schedule, weekday=day.isoweekday(), begins=of_day(8), ends=of_day(16), slot_minutes=30,
        quotas={"citizen": world.A_SLOT}, since=day,
    )  # fmt: skip
    generate(schedule.pk, until=day, by=the_house("bench"), at=at)
    session = Session.objects.get(schedule=schedule, day=day)
    Session.objects.filter(pk=session.pk).update(released_at=at - timedelta(days=1))
    Seat.objects.filter(session=session).update(opens={"citizen": (at - timedelta(days=1)).isoformat()})
    return session.code


def _patients(at: datetime) -> list[str]:
    from bench import _booking_world as world
    from kangqu.kernel.basis.ids import new_code, take_ids
    from kangqu.kernel.people.models import Person

    chance = random.SystemRandom()
    made = [
        Person(
            id=number, public_code=new_code("R", chance), name="甲", name_pinyin="jia", name_initials="j", sex="1", demo=True,
            kept_by_id=world.FIRST, registered_at=at, changed_at=at,
        )
        for number in take_ids(PATIENTS)
    ]  # fmt: skip
    Person.objects.bulk_create(made)
    return [person.public_code for person in made]


def main() -> int:
    """Requests at ``pace`` a second for five seconds over ``threads`` connections, each counted from when it was due."""
    port, threads, pace = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    asked: dict[str, Any] = json.loads(sys.stdin.readline())
    said, taken, gate = Counter[str](), list[float](), threading.Barrier(threads)
    head = {"Authorization": f"Bearer {asked['token']}", "Content-Type": "application/json"}

    def one(number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        line.connect()
        gate.wait()
        began = time.perf_counter() + number / pace
        for turn, patient in enumerate(asked["patients"][number::threads][: int(SECONDS * pace / threads)]):
            due = began + turn * threads / pace
            time.sleep(max(0.0, due - time.perf_counter()))
            body = json.dumps({"patient": patient, "session": asked["session"]})
            line.request("POST", "/api/v1/appointments", body, {**head, "Idempotency-Key": f"b{number}-{turn}"})
            answer = line.getresponse()
            answer.read()
            said[str(answer.status)] += 1
            taken.append(time.perf_counter() - due)

    running = [threading.Thread(target=one, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(json.dumps({"said": said, "taken": taken}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
