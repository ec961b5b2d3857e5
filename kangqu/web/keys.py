"""Writes that may be sent twice: ``Idempotency-Key``.

The key's row and the write are one transaction. A second call with the key waits for the first to commit and gets its
answer, marked ``Idempotent-Replay: true``; a refused call leaves no key behind, so it may be mended and sent again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from django.db import connection, transaction
from django.http import HttpRequest
from ninja.responses import NinjaJSONEncoder, Status

from kangqu.kernel.access.models import IdempotencyKey
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_NEEDED, KEY_REUSED, Refused
from kangqu.web.middleware import instant_of

_LONGEST: Final = 80
View = TypeVar("View", bound=Callable[..., Any])


def keyed(view: View) -> View:
    """Make an API write repeatable by key. Stands between ``@serves`` and the view, and asks for the header."""

    @wraps(view)
    def once(request: HttpRequest, *args: Any, viewer: Viewer, **kwargs: Any) -> Any:
        key = _key_of(request)
        hashed = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode() + request.body).digest()
        name = f"{view.__module__.split('.')[-2]}.{view.__name__}"[:60]
        row = {"principal_id": viewer.principal_id or 0, "operation": name, "key": key}
        with transaction.atomic():
            if not _taken(row, hashed, request):
                return _first_answer(row, hashed, request)
            result = view(request, *args, viewer=viewer, **kwargs)
            status, answer = _told(result)
            IdempotencyKey.objects.filter(**row).update(status=status, answer=answer)
            return result

    return once  # type: ignore[return-value]


def _key_of(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise Refused(KEY_NEEDED)
    if len(key) > _LONGEST or not (key.isascii() and key.isprintable()):
        raise Refused(BAD_INPUT, detail="Idempotency-Key", field="Idempotency-Key")
    return key


def _taken(row: dict[str, Any], hashed: bytes, request: HttpRequest) -> bool:
    """Put the key down; False when it is already there. Waits while another transaction is putting the same down."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_idempotencykey (principal_id, operation, key, request_hash, at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [row["principal_id"], row["operation"], row["key"], hashed, instant_of(request)],
        )
        return cursor.rowcount == 1


def _first_answer(row: dict[str, Any], hashed: bytes, request: HttpRequest) -> Any:
    first = IdempotencyKey.objects.get(**row)
    if bytes(first.request_hash) != hashed:
        raise Refused(KEY_REUSED)
    request.replayed = True  # type: ignore[attr-defined]
    return Status(first.status or 200, first.answer) if first.status else first.answer


def _told(result: Any) -> tuple[int | None, Any]:
    """The status (None: the call's usual one) and the answer as JSON, as they are kept for a replay."""
    status, answer = (result.status_code, result.value) if isinstance(result, Status) else (None, result)
    return status, json.loads(json.dumps(answer, cls=NinjaJSONEncoder))
