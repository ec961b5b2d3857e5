"""Booking seats: beside pgbench with the same statements, a rush on a few seats, a popular session at a steady pace.

Steady: eight clients (two processes of four threads) book random residents into forty sessions, beside pgbench with eight clients
that runs the same two statements in a transaction and nothing else. Rush: a thousand tries by eight processes for fifty seats; then
places are given back and sold again. Popular: 200 requests a second on one session, each counted from when it was due; the same
over HTTP, ``POST /api/v1/appointments`` of a hospital's system against the product's own server.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from typing import Any

from bench._served import server
from bench.measure import Figure, Peer, open_bench_city, options, percentile, report


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "booking",
        __doc__ or "",
        argv,
        ("--seconds", {"type": float, "default": 4.0}),
        ("--pace", {"type": int, "default": 200, "help": "requests a second on the popular session"}),
        ("--port", {"type": int, "default": 8143}),
    )
    from bench import _booking_world as world

    open_bench_city("booking")
    from kangqu.kernel.basis.clock import system_clock

    world.fill(system_clock())
    rates, peers, cpu = [], [], []
    for _ in range(asked.runs):
        world.empty()
        told = _clients("steady", asked.seconds, processes=2, threads=4)
        booked = sum(each["said"].get("booked", 0) for each in told)
        rates.append(booked / asked.seconds)
        cpu.append(sum(each["cpu"] for each in told) / max(1, booked))
        world.empty()
        peers.append(_pgbench(asked.seconds))
    figures = [
        Figure(
            "bookings, 8 clients",
            _middle(rates),
            "/s",
            peer=Peer("pgbench, the same SQL", _middle(peers)),
            at_least=0.5,
        ),
        Figure("processor time of a client a booking", _middle(cpu) * 1e6, "µs"),
        *_rush(),
        *_popular(asked.pace),
        *_over_http(asked.pace, asked.port),
    ]
    return report("booking", asked, figures)


def _middle(runs: list[float]) -> float:
    return sorted(runs)[len(runs) // 2]


def _clients(kind: str, amount: float, *, processes: int, threads: int) -> list[dict[str, Any]]:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bench._booking_client", kind, str(amount), str(threads), str(n), str(processes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(processes)
    ]
    for each in running:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    return [json.loads(each.communicate()[0].splitlines()[-1]) for each in running]


def _rush() -> list[Figure]:
    """A thousand tries by eight processes for fifty seats: what was sold, to how many; and what was given back is sold again."""
    from bench import _booking_world as world
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.capacity.booking import give_back
    from kangqu.kernel.capacity.models import Booking, Seat
    from kangqu.kernel.trace.actor import the_house

    world.empty()
    popular = world.sessions()[0]
    kept = list(Seat.objects.filter(session_id=popular).order_by("starts_at", "id").values_list("pk", flat=True)[:50])
    Seat.objects.filter(session_id=popular).exclude(pk__in=kept).update(person_id=1, booking_id=_elsewhere())
    said = Counter[str]()
    for each in _clients("rush", 125, processes=8, threads=1):
        said += Counter(each["said"])
    mine = Booking.objects.filter(session_id=popular, status="booked")
    sold, people = mine.count(), mine.values("person_id").distinct().count()
    for booked in list(mine[:20]):
        give_back(booked.person_id, booked.id, by=the_house("bench"), at=system_clock())
    _clients("rush", 125, processes=8, threads=1)
    again = mine.count()
    refused = said["capacity_full"] + said["capacity_already_booked"]
    return [
        Figure("1,000 tries by 8 processes for 50 seats: sold", sold, "", at_most=50, at_least=50),
        Figure("to so many people", people, "", at_least=50),
        Figure("refused, full or booked already", refused, "", at_least=950),
        Figure("twenty given back, sold after another thousand tries", again, "", at_least=50, at_most=50),
    ]


def _elsewhere() -> Any:
    """A number for each row that no booking has: the seats are nobody's, and taken."""
    from django.db.models import F

    return -F("id")


def _popular(pace: int) -> list[Figure]:
    from bench import _booking_world as world

    world.empty()
    told = _clients("paced", pace, processes=2, threads=16)
    taken = [each * 1000 for one in told for each in one["taken"]]
    said = sum((Counter(each["said"]) for each in told), Counter[str]())
    return [
        Figure(f"{pace} requests a second on one session, p99", percentile(taken, 0.99), "ms", at_most=500),
        Figure("the same, median", percentile(taken, 0.5), "ms"),
        Figure("of them booked", said["booked"], ""),
    ]


def _over_http(pace: int, port: int) -> list[Figure]:
    """The same pace over HTTP, after a second of it that warms the server up."""
    from bench import _booking_http as client
    from bench import _booking_world as world
    from kangqu.kernel.basis.clock import system_clock

    world.empty()
    token, session, patients = client.prepare(system_clock())
    warm = pace
    with server(port):
        _ask(port, pace, {"token": token, "session": session, "patients": patients[:warm]})
        told = _ask(port, pace, {"token": token, "session": session, "patients": patients[warm:]})
    taken = [each * 1000 for each in told["taken"]]
    return [
        Figure(f"{pace} requests a second on one session over HTTP, p99", percentile(taken, 0.99), "ms", at_most=500),
        Figure("the same over HTTP, median", percentile(taken, 0.5), "ms"),
        Figure("of them booked over HTTP (of 824 left)", told["said"].get("201", 0), ""),
        Figure("refused as full over HTTP", told["said"].get("409", 0), ""),
        Figure("answered otherwise", sum(told["said"].values()) - told["said"].get("201", 0) - told["said"].get("409", 0), "", at_most=0),
    ]  # fmt: skip


def _ask(port: int, pace: int, asked: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench._booking_http", str(port), "32", str(pace)]
    done = subprocess.run(command, input=json.dumps(asked) + "\n", capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


_SCRIPT = """
\\set number random(1, {sessions})
\\set person {people} + random(0, {residents})
\\set row_id random(1, 9000000000000000000)
\\set key random(1, 9000000000000000000)
{read}
\\gset
BEGIN;
{write}
COMMIT;
"""


def _pgbench(seconds: float) -> float:
    """Bookings a second of pgbench: the two statements of a booking, ready-made parameters, eight clients."""
    from django.db import connection

    from bench import _booking_world as world
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.basis.embedded import binary
    from kangqu.kernel.capacity import booking, seats
    from kangqu.kernel.trace.actions import as_row
    from kangqu.kernel.trace.actor import Actor

    desk = Actor(account_id=77, role="registrar", institution_id=world.FIRST, purpose="care")
    facts = {"session": 1, "channel": "citizen"}
    entry = desk.did("capacity.book", at=system_clock(), person_id=1, object_type="booking", object_id=1, facts=facts)
    row = as_row(entry) | {"id": "ROWID", "object_id": "OBJECT", "person_id": "PERSON"}
    built = f"$J${json.dumps(row, ensure_ascii=False)}$J$"
    for name, variable in (("ROWID", "row_id"), ("OBJECT", "nextval"), ("PERSON", "person")):
        built = built.replace(f'"{name}"', f"$J$ || :{variable}::text || $J$")
    told = {
        "id": ":nextval::bigint", "person": ":person::bigint", "code": "'A' || :nextval::text", "kind": ":kind::text",
        "session": ":id::bigint", "slot": "NULL::bigint", "channel": "'citizen'::text", "scope": ":scope::text", "day": ":day::date",
        "status": "'booked'::text", "key": ":key::text", "held": "NULL::timestamptz", "household": "NULL::bigint",
        "made_by": "77::bigint", "at": "now()", "after": "now()", "facts": "'{}'::jsonb", "trace": f"({built})::json",
    }  # fmt: skip
    write = re.sub(r"%\((\w+)\)s(?:::\w+)?", lambda found: told[found[1]], seats._TAKE)
    ids = ",".join(map(str, world.sessions()))
    read = booking._READ.replace("%s::bigint", f"('{{{ids}}}'::bigint[])[:number]")
    read, write = " ".join(read.split()), " ".join(write.split()) + ";"
    script = _SCRIPT.format(
        sessions=world.SCHEDULES, people=world.PEOPLE, residents=world.RESIDENTS - 1, read=read, write=write
    )
    settings = connection.settings_dict
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            str(binary("pgbench")), "-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(max(1, round(seconds))),
            "-f", file.name, "-h", settings["HOST"], "-U", settings["USER"], settings["NAME"],
        ]  # fmt: skip
        environment = os.environ | {"PGOPTIONS": "-c plan_cache_mode=force_generic_plan"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise SystemExit(done.stderr[-2000:])
    return float(found[1])


if __name__ == "__main__":
    raise SystemExit(main())
