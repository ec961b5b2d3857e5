"""Verifying a scanned code online, over HTTP, with its trace and durable commit: eight connections in a closed loop.

Fresh codes of different residents go to the real server (granian, the product's settings and middleware). Beside it,
in turns on the same server, a bare view that runs the same two statements.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime

from bench._served import Cast, drive, rate, server, times
from bench.measure import Figure, Peer, open_bench_city, options, percentile, report


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "code",
        __doc__ or "",
        argv,
        ("--port", {"type": int, "default": 8141}),
        ("--seconds", {"type": float, "default": 3.0}),
        ("--connections", {"type": int, "default": 8}),
    )
    open_bench_city("code")
    from kangqu.kernel.basis.clock import system_clock

    cast = Cast(2_000, system_clock())
    enough = int(asked.seconds * 1_500)
    ours: list[tuple[list[float], float]] = []
    bare: list[tuple[list[float], float]] = []
    with server(asked.port):
        for turn in range(asked.runs + 1):  # the first warms the server up
            for path, bodies, kept in (("/api/v1/code-scans", _scans, ours), ("/api/bench/code-scans", _bare, bare)):
                made = bodies(cast, enough, system_clock())
                driven = drive(asked.port, path, cast.token, made, connections=asked.connections, seconds=asked.seconds)
                if turn:
                    kept.append(driven)
    figures = [
        Figure("verification p99", percentile(times(ours), 0.99) * 1000, "ms", at_most=20),
        Figure("verification p50", percentile(times(ours), 0.50) * 1000, "ms"),
        Figure("bare view p99", percentile(times(bare), 0.99) * 1000, "ms"),
        Figure("verifications", rate(ours), "/s", peer=Peer("bare view, the same statements", rate(bare))),
    ]
    return report("code", asked, figures)


def _scans(cast: Cast, count: int, at: datetime) -> list[bytes]:
    return [json.dumps({"key": secrets.token_hex(8), "code": cast.fresh(at)[4]}).encode() for _ in range(count)]


def _bare(cast: Cast, count: int, at: datetime) -> list[bytes]:
    from kangqu.kernel.basis.clock import city_day
    from kangqu.kernel.trace.actions import as_row
    from kangqu.kernel.trace.actor import Actor

    by = Actor(account_id=cast.device.pk, role="device", institution_id=cast.institution.pk, purpose="entry")
    bodies = []
    for _ in range(count):
        person_id, _public, handle, issued_at, _code = cast.fresh(at)
        key = secrets.token_hex(8)
        row = {"n": 0, "key": key, "content": "\\x" + "00" * 16, "scanned_at": at.isoformat(), "word": "genuine"}
        row |= {"flags": "", "person_id": person_id, "handle": handle, "issued_at": issued_at.isoformat()}
        traced = [as_row(by.did("code.scan", at=at, person_id=person_id, object_type="code"))]
        row |= {"uses": 0, "day": city_day(at).isoformat(), "rows": {0: traced}}
        row |= {"scanner": cast.device.pk, "place": cast.station.pk, "institution": cast.institution.pk, "replay": 60}
        bodies.append(json.dumps({"row": row | {"proof": None, "received_at": at.isoformat()}}).encode())
    return bodies


if __name__ == "__main__":
    raise SystemExit(main())
