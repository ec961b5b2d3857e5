"""Who stands at the desk: a scanned live code, card or barcode; its holder is there today, so the desk may open her.

A code that was shown at another institution a moment ago opens nobody (policy of the code's replay).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.scanning import judge_card, read_scan
from kangqu.kernel.people.codes.words import CODE_REPLAYED, Word, refusal_of
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_CARD: Final = """
SELECT c.suspended_at, c.revoked_at, r.id, r.public_code FROM people_card c
  JOIN people_person p ON p.id = c.person_id JOIN people_person r ON r.id = coalesce(p.merged_into_id, p.id)
 WHERE c.handle = %s::bigint
"""
_USED: Final = """
INSERT INTO people_code_use AS u (issued_at, handle, place_id, institution_id, at)
VALUES (%(issued)s::timestamptz, %(handle)s::bigint, %(place)s::bigint, %(place)s::bigint, %(at)s::timestamptz)
ON CONFLICT (issued_at, handle) DO UPDATE
  SET previous_place_id = u.place_id, previous_institution_id = u.institution_id, previous_at = u.at,
      place_id = EXCLUDED.place_id, institution_id = EXCLUDED.institution_id, at = EXCLUDED.at, uses = u.uses + 1
RETURNING u.previous_institution_id, u.previous_at
"""
_MET: Final = """
INSERT INTO access_encounter (person_id, institution_id, day, at)
VALUES (%(person)s::bigint, %(place)s::bigint, %(day)s::date, %(at)s::timestamptz) ON CONFLICT DO NOTHING
"""


class _Card(NamedTuple):
    suspended_at: datetime | None
    revoked_at: datetime | None
    person_id: int
    public_code: str


def arrive(text: str, *, institution_id: int, by: Actor, at: datetime) -> str:
    """The public code of whoever shows a genuine code at the institution; ``Refused`` with the word on any other."""
    reading = read_scan(text, at=at, now=at)
    rows = run(_CARD, [reading.handle]) if reading.handle is not None else []
    card = _Card(*rows[0]) if rows else None
    word = judge_card(reading, card, at)
    if word is not Word.GENUINE or card is None:
        raise Refused(refusal_of(word), field="q")
    with transaction.atomic():
        if reading.issued_at is not None:
            _use(reading.handle, reading.issued_at, institution_id, at)
        run(_MET, {"person": card.person_id, "place": institution_id, "day": city_day(at), "at": at})
        record(by.did("vaccination.arrive", at=at, person_id=card.person_id))
    return card.public_code


def _use(handle: int | None, issued_at: datetime, institution_id: int, at: datetime) -> None:
    told = {"issued": issued_at, "handle": handle, "place": institution_id, "at": at}
    ((before, when),) = run(_USED, told)
    if before not in (None, institution_id) and abs(at - when) <= limits_at(at).replay:
        raise Refused(CODE_REPLAYED, field="q")
