"""The product's URLs, and bare views that run the same statements and nothing else.

They stand under ``/api/``, so that they too go past what only pages need.
"""

from __future__ import annotations

import json
import random
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.trace.presences import COLUMNS
from kangqu.site.urls import urlpatterns as served
from kangqu.systems.one_code import taking

_ONE_PRESENCE = f"""
WITH given AS (SELECT %(id)s::bigint, %(at)s::timestamptz, %(person)s::bigint, %(institution)s::bigint,
    %(station)s::bigint, %(device)s::bigint, 'code', NULL::smallint, '', %(at)s::timestamptz, trace_position(),
    %(mac)s::bytea),
  a AS (INSERT INTO presence_by_person ({COLUMNS}) SELECT * FROM given),
  b AS (INSERT INTO presence_by_place ({COLUMNS}) SELECT * FROM given),
  c AS (INSERT INTO presence_key (id, content, received_at) VALUES (%(id)s, 0, %(at)s)),
  d AS (INSERT INTO people_code_use (issued_at, handle, place_id, institution_id, at)
        VALUES (%(at)s, %(id)s %% 281474976710656, %(station)s, %(institution)s, %(at)s) ON CONFLICT DO NOTHING)
SELECT 1
"""


@csrf_exempt
def one_presence(request: HttpRequest) -> JsonResponse:
    asked: dict[str, Any] = json.loads(request.body)
    run(_ONE_PRESENCE, asked["row"] | {"id": random.getrandbits(62), "mac": b"\1" * 32})
    return JsonResponse({"status": "recorded"}, status=201)


_LOOKED_UP = ("n", "key", "scanned_at", "scanner", "place", "institution", "replay", "handle", "issued_at")


@csrf_exempt
def one_scan(request: HttpRequest) -> JsonResponse:
    asked: dict[str, Any] = json.loads(request.body)
    row = asked["row"]
    looked_up = json.dumps([{name: row[name] for name in _LOOKED_UP}])
    run(taking._LOOK_UP, {"asked": looked_up, "first": row["issued_at"], "last": row["issued_at"]})
    run(taking._WRITE, {"scans": json.dumps([row]), "proofs": "[]", "decided": False})
    return JsonResponse({"status": "accepted"})


@csrf_exempt
def echo(request: HttpRequest) -> JsonResponse:
    return JsonResponse(json.loads(request.body))


urlpatterns = [
    path("api/bench/presences", one_presence),
    path("api/bench/code-scans", one_scan),
    path("api/bench/echo", echo),
    *served,
]
