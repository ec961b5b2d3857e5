"""What every verb on a resident's rows shares: the lock, the digest before and after, the key of a retry."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from django.db import connection
from django.db.models import Model

from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_REUSED, NOT_FOUND, Refused
from kangqu.kernel.basis.sealing import blind
from kangqu.kernel.people.models import Keyed, Person, PersonStatus
from kangqu.kernel.people.refusals import (
    PERSON_DECEASED,
    PERSON_MERGED,
    REASON_NEEDED,
    TEXT_LONG,
)
from kangqu.kernel.places.models import Region
from kangqu.kernel.places.refusals import REGION_UNKNOWN
from kangqu.kernel.rules.policy import PolicyBook, load_policies
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Entry

LARGEST_ID: Final = 2**63 - 1
PUBLIC_LETTER: Final = "R"
"""The letter a resident's public code begins with."""
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@cache
def policies() -> PolicyBook:
    """The policies of this package."""
    return load_policies(__package__)


def lock_person(person_id: int, *, living: bool = False) -> Person:
    """The person's row, locked until the transaction ends; refused when unknown, merged, or (``living``) deceased."""
    if not 0 < person_id <= LARGEST_ID:
        raise Refused(NOT_FOUND)
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise Refused(NOT_FOUND)
    if person.status == PersonStatus.MERGED:
        raise Refused(PERSON_MERGED)
    if living and person.status == PersonStatus.DECEASED:
        raise Refused(PERSON_DECEASED)
    return person


def lock_people(*person_ids: int) -> dict[int, Person]:
    """Several people's rows, locked in the order of their numbers so that two lockers never wait for each other."""
    wanted = sorted({each for each in person_ids if 0 < each <= LARGEST_ID})
    rows = Person.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    found = {person.pk: person for person in rows}
    if set(person_ids) - set(found):
        raise Refused(NOT_FOUND)
    return found


_STATE: Final = (
    "name", "sex", "birth_date", "region_id", "address", "nationality", "ethnicity", "status", "deceased_on", "moved_on",
    "merged_into_id", "kept_by_id", "version",
)  # fmt: skip


def state_of(person: Person) -> dict[str, Any]:
    """The columns of a person that verbs change, as they are digested."""
    return {name: getattr(person, name) for name in _STATE}


def row_state(row: Model | None) -> dict[str, Any] | None:
    """Every column of a row but what is sealed, as it is digested; None for no row."""
    if row is None:
        return None
    columns = [field.attname for field in row._meta.concrete_fields if field.attname not in ("sealed", "pk")]
    values = {name: getattr(row, name) for name in columns}
    return {
        name: bytes(value).hex() if isinstance(value, bytes | memoryview) else value for name, value in values.items()
    }


def digest_of(state: Mapping[str, Any] | None) -> bytes | None:
    """A keyed digest of a state, for the trace: it shows that something differs and reveals nothing of it."""
    if state is None:
        return None
    text = json.dumps(state, ensure_ascii=True, sort_keys=True, default=_text)
    return blind(text, "people.state")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def tell(entry: Entry, *, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None) -> None:
    """Write the trace row of a verb, with the digests of the state before and after."""
    record(replace(entry, before_hash=digest_of(before), after_hash=digest_of(after)))


def done_before(key: str | None, *, verb: str, asked: Mapping[str, Any], answer_id: int, at: datetime) -> int | None:
    """Claim ``key`` for this call, or answer with what the first call under it made.

    Two calls at once: the second waits for the first to commit or give up. The same key for something else is refused.
    """
    if key is None:
        return None
    bounded(key, 80, "key")
    digest = digest_of(asked)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_keyed (key, verb, asked, answer_id, at) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (key) DO NOTHING",
            [key, verb, digest, answer_id, at],
        )
        if cursor.rowcount == 1:
            return None
    first = Keyed.objects.get(pk=key)
    if first.verb != verb or bytes(first.asked) != digest:
        raise Refused(KEY_REUSED)
    return first.answer_id


def bounded(text: str, limit: int, field: str) -> str:
    """Text with its blanks made single, or refused when it is too long or holds control characters."""
    if len(text) > 2 * limit + 100 or len(text := " ".join(text.split())) > limit:
        raise Refused(TEXT_LONG, field=field, limit=limit)
    if _CONTROL.search(text):
        raise Refused(BAD_INPUT, field=field, detail=field)
    return text


def reasoned(text: str, field: str = "reason") -> str:
    """A reason, which must say something."""
    if not (reason := bounded(text, 200, field)):
        raise Refused(REASON_NEEDED, field=field)
    return reason


def known_region(code: str | None, field: str = "region") -> str | None:
    """A region's code if there is such a region; None stays None."""
    if not code:
        return None
    if not (code.isascii() and code.isdigit() and len(code) <= 12 and Region.objects.filter(pk=code).exists()):
        raise Refused(REGION_UNKNOWN, field=field, code=code[:12])
    return code
