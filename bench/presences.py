"""Presences over HTTP: batches of 1,000 beside a bare COPY of as many rows into the same tables; single ones beside a bare
view on the same server that runs the same INSERTs. Real server, product's settings, durable commits.

A scanned presence ends in four tables: by person, by place, its key and the use of its code; one under a public code in
the first three. COPY into the first two alone is printed too.
"""

from __future__ import annotations

import json
import random
import secrets
import statistics
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bench._served import Cast, Driven, drive, rate, server, times
from bench.measure import Figure, Peer, open_bench_city, options, percentile, report, seconds_of
from kangqu.kernel.trace.presences import COLUMNS

_BATCH = 1_000
_MANY = 32  # connections at a time: the gates of a city; a few are measured as well


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "presences",
        __doc__ or "",
        argv,
        ("--port", {"type": int, "default": 8142}),
        ("--seconds", {"type": float, "default": 3.0}),
        ("--batches", {"type": int, "default": 24}),
        ("--connections", {"type": int, "default": 8}),
    )
    open_bench_city("presences")
    from kangqu.kernel.basis.clock import system_clock

    cast = Cast(2_000, system_clock())
    kept: dict[str, list[Driven]] = {}
    copied: dict[str, list[float]] = {}
    single, port, rows = int(asked.seconds * 2_000), asked.port, asked.batches * _BATCH

    def post(path: str, made: list[bytes], connections: int, seconds: float) -> Driven:
        return drive(port, path, cast.token, made, connections=connections, seconds=seconds)

    with server(port):
        for turn in range(asked.runs + 1):  # the first warms the server up
            driven, rates = {}, {}
            for name, scanned in (("scanned", True), ("named", False)):
                made = _batches(cast, asked.batches, system_clock(), scanned)
                driven[name] = post("/api/v1/presences", made, 4, 90)
                rates[name] = rows / seconds_of(_copy(cast, rows, system_clock(), _TABLES[: 4 if scanned else 3]))
            rates["two"] = rows / seconds_of(_copy(cast, rows, system_clock(), _TABLES[:2]))
            for connections in (asked.connections, _MANY):
                for name, path, make in (
                    ("single", "/api/v1/presences", _single),
                    ("bare", "/api/bench/presences", _bare),
                ):
                    made = make(cast, single, system_clock())
                    driven[f"{name} {connections}"] = post(path, made, connections, asked.seconds)
            if turn:
                for name, drove in driven.items():
                    kept.setdefault(name, []).append(drove)
                for name, copy_rate in rates.items():
                    copied.setdefault(name, []).append(copy_rate)
    return report("presences", asked, _figures(kept, copied, asked.connections))


def _figures(kept: dict[str, list[Driven]], copied: dict[str, list[float]], few: int) -> list[Figure]:
    copy = {name: statistics.median(rates) for name, rates in copied.items()}
    figures = []
    for name, title in (("scanned", "batches of scanned codes"), ("named", "batches of public codes")):
        taken = rate(kept[name], _BATCH)
        same = Peer("bare COPY of as many rows into the same tables", copy[name])
        figures.append(Figure(title, taken, "rows/s", peer=same, at_least=0.2))
        figures.append(
            Figure(title, taken, "rows/s", peer=Peer("COPY into the two presence tables alone", copy["two"]))
        )
    for connections, bar in ((_MANY, 0.6), (few, None)):
        bare = Peer("bare view, the same INSERTs", rate(kept[f"bare {connections}"]))
        drove = kept[f"single {connections}"]
        title = f"single, scanned, {connections} connections"
        figures.append(Figure(title, rate(drove), "requests/s", peer=bare, at_least=bar))
        figures.append(Figure(f"{title}, p99", percentile(times(drove), 0.99) * 1000, "ms"))
    return figures


def _item(cast: Cast, at: datetime, scanned: bool) -> dict[str, str]:
    _, public_code, _, issued_at, code = cast.fresh(at) if scanned else (0, random.choice(cast.people)[1], 0, at, "")
    who = (
        {"code": code, "at": max(issued_at, at - timedelta(seconds=30)).isoformat()}
        if scanned
        else {"resident": public_code, "at": at.isoformat()}
    )
    return {"key": secrets.token_hex(8), **who}


def _batches(cast: Cast, count: int, at: datetime, scanned: bool) -> list[bytes]:
    return [json.dumps([_item(cast, at, scanned) for _ in range(_BATCH)]).encode() for _ in range(count)]


def _single(cast: Cast, count: int, at: datetime) -> list[bytes]:
    return [json.dumps(_item(cast, at, True)).encode() for _ in range(count)]


def _bare(cast: Cast, count: int, at: datetime) -> list[bytes]:
    where = {"institution": cast.institution.pk, "station": cast.station.pk, "device": cast.device.pk}
    return [
        json.dumps({"row": where | {"person": random.choice(cast.people)[0], "at": at.isoformat()}}).encode()
        for _ in range(count)
    ]


_TABLES = (
    ("presence_by_person", COLUMNS),
    ("presence_by_place", COLUMNS),
    ("presence_key", "id, content, received_at"),
    ("people_code_use", "issued_at, handle, place_id, institution_id, at, uses"),
)


def _copy(cast: Cast, count: int, at: datetime, tables: Sequence[tuple[str, str]]) -> Callable[[], None]:
    """A function that copies ``count`` prepared rows into each of ``tables``, in one transaction."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("SELECT trace_position()")
        (position,) = cursor.fetchone()
    now, place = at.isoformat(), f"{cast.institution.pk}\t{cast.station.pk}"
    fixed = f"{place}\t{cast.device.pk}\tcode\t\\N\t\t{now}\t{position}"
    presences, keys, uses = [], [], []
    for _ in range(count):
        number, person = random.getrandbits(62), random.choice(cast.people)[0]
        presences.append(f"{number}\t{now}\t{person}\t{fixed}\t\\\\x{secrets.token_hex(32)}\n")
        keys.append(f"{number}\t{random.getrandbits(62)}\t{now}\n")
        uses.append(f"{now}\t{random.getrandbits(48)}\t{cast.station.pk}\t{cast.institution.pk}\t{now}\t1\n")
    blocks = ["".join(rows).encode() for rows in (presences, presences, keys, uses)]

    def work() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for (table, columns), block in zip(tables, blocks, strict=False):
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    copy.write(block)

    return work


if __name__ == "__main__":
    raise SystemExit(main())
