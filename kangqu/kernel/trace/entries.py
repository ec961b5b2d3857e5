"""What a trace entry says, and the digest that binds it.

The digest is HMAC-SHA256, keyed from the city's secret, over every column in a fixed order: whoever can write to the
database but does not hold the secret cannot make a row that passes.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from kangqu.kernel.basis.sealing import derive


class Stream(StrEnum):
    """Chains run side by side, one for each kind of fact."""

    LOOK = "look"  # who saw whom
    STEP = "step"  # what was done
    SECURITY = "security"  # sign-ins, refusals, keys, roles


class Result(StrEnum):
    DONE = "done"
    SEEN = "seen"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact. ``person_id`` is whom it is about; ``facts`` holds no secrets and no identity numbers."""

    stream: Stream
    action: str
    result: Result
    at: datetime
    actor_id: int | None = None
    actor_role: str = ""
    institution_id: int | None = None
    person_id: int | None = None
    object_type: str = ""
    object_id: int | None = None
    purpose: str = ""
    reason: str = ""
    ip: str | None = None
    device: str = ""
    request_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    before_hash: bytes | None = None
    after_hash: bytes | None = None


@lru_cache(maxsize=1)
def digest_key() -> bytes:
    """The key of every row's digest."""
    from django.conf import settings

    # The oldest key: what was recorded must stay provable when keys rotate.
    return derive(settings.KANGQU_KEYS[min(settings.KANGQU_KEYS)], "kangqu/trace")


_SORTED: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_IN_ORDER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def canonical_facts(facts: Mapping[str, Any]) -> str:
    """Facts as the text that is digested and stored: sorted keys, no blanks, so that it reads back to the same text."""
    return _SORTED.encode(facts)


def digest(row_id: int, entry: Entry, facts: str) -> bytes:
    """The keyed digest of a row: 32 bytes. ``facts`` is the text of the facts as it is stored."""
    columns = _IN_ORDER.encode(digest_columns(row_id, entry, facts))
    return hmac.digest(digest_key(), columns.encode(), "sha256")


def digest_columns(row_id: int, entry: Entry, facts: str) -> tuple[object, ...]:
    """What the digest binds, in its order."""
    return (
        row_id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        str(entry.stream),
        entry.action,
        str(entry.result),
        entry.actor_id,
        entry.actor_role,
        entry.institution_id,
        entry.person_id,
        entry.object_type,
        entry.object_id,
        entry.purpose,
        entry.reason,
        entry.ip,
        entry.device,
        entry.request_id,
        facts,
        entry.before_hash.hex() if entry.before_hash is not None else None,
        entry.after_hash.hex() if entry.after_hash is not None else None,
    )
