"""Presences over HTTP: batches of 1,000 beside a bare COPY of as many rows into the same two tables; single ones beside a
bare view on the same server that runs the same INSERTs. Real server, product's settings, durable commits.
"""

from __future__ import annotations

import json
import random
import secrets
from datetime import datetime, timedelta

from bench._served import Cast, drive, rate, server, times
from bench.measure import Figure, Peer, open_bench_city, options, percentile, report, seconds_of

_BATCH = 1_000


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
    open_bench_city()
    from kangqu.kernel.basis.clock import system_clock

    cast = Cast(2_000, system_clock())
    kept: dict[str, list[tuple[list[float], float]]] = {}
    copied: list[float] = []
    single, port = int(asked.seconds * 1_500), asked.port
    with server(port):
        for turn in range(asked.runs + 1):  # the first warms the server up
            at = system_clock()
            drives = {
                "scanned": drive(
                    port,
                    "/api/v1/presences",
                    cast.token,
                    _batches(cast, asked.batches, at, True),
                    connections=4,
                    seconds=90,
                ),
                "named": drive(
                    port,
                    "/api/v1/presences",
                    cast.token,
                    _batches(cast, asked.batches, at, False),
                    connections=4,
                    seconds=90,
                ),
            }
            rows = asked.batches * _BATCH
            copy_rate = rows / seconds_of(_copy(cast, rows, at))
            at = system_clock()
            for name, path, made in (
                ("single", "/api/v1/presences", _single(cast, single, at)),
                ("bare", "/api/bench/presences", _bare(cast, single, at)),
            ):
                drives[name] = drive(port, path, cast.token, made, connections=asked.connections, seconds=asked.seconds)
            if turn:
                copied.append(copy_rate)
                for name, driven in drives.items():
                    kept.setdefault(name, []).append(driven)
    copy = Peer("bare COPY into both tables", sorted(copied)[len(copied) // 2])
    bare = Peer("bare view, the same INSERTs", rate(kept["bare"]))
    figures = [
        Figure("batches of scanned codes", rate(kept["scanned"], _BATCH), "rows/s", peer=copy, at_least=0.2),
        Figure("batches of public codes", rate(kept["named"], _BATCH), "rows/s", peer=copy, at_least=0.2),
        Figure("single, scanned", rate(kept["single"]), "requests/s", peer=bare, at_least=0.6),
        Figure("single p99", percentile(times(kept["single"]), 0.99) * 1000, "ms"),
    ]
    return report("presences", asked, figures)


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


def _copy(cast: Cast, count: int, at: datetime):
    """A function that copies ``count`` prepared rows into both tables, in one transaction."""
    from django.db import connection, transaction

    from kangqu.kernel.trace.presences import COLUMNS

    with connection.cursor() as cursor:
        cursor.execute("SELECT trace_position()")
        (position,) = cursor.fetchone()
    fixed = f"{cast.institution.pk}\t{cast.station.pk}\t{cast.device.pk}\tcode\t\\N\t\t{at.isoformat()}\t{position}"
    lines = [
        f"{random.getrandbits(62)}\t{at.isoformat()}\t{random.choice(cast.people)[0]}\t{fixed}\t\\\\x{secrets.token_hex(32)}\n"
        for _ in range(count)
    ]
    block = "".join(lines).encode()

    def work() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in ("presence_by_person", "presence_by_place"):
                with cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN") as copy:
                    copy.write(block)

    return work


if __name__ == "__main__":
    raise SystemExit(main())
