"""Taking scans that were read: looked up, judged, written and answered, for one desk or for several at a time.

A scan costs two statements. The first finds what its key was answered before, the card, the holder and the code's last
use. The second is one transaction of its own: it notes the use of the code, keeps the answer, opens the resident to the
institution for the day, and writes the trace. Somebody else's use in between makes it write nothing: then it is run
again with what to say of every outcome, and the row of the use, locked, decides. Desks that ask at the same moment
share both statements (``Together``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import IntegrityError

from kangqu.kernel.access.proof import PROVED, Outdated, Proof, holds, proofs
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.prepared import as_json, run
from kangqu.kernel.basis.refusals import KEY_REUSED, Refusal, Refused
from kangqu.kernel.basis.together import FEW, Together
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.reading import Reading
from kangqu.kernel.people.codes.scanning import (
    CARD_COLUMNS,
    HOLDER_COLUMNS,
    CardHolder,
    flags_of,
    judge_card,
)
from kangqu.kernel.people.codes.words import CODE_REPLAYED, Flag, Word, refusal_of
from kangqu.kernel.trace.actions import ROW_COLUMNS, ROW_SELECT, ROW_TYPE, as_row
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Entry, Result, Stream
from kangqu.systems.one_code.scans import Answer, Place, Resident, Scan

_TRIES: Final = 4


class Desk(NamedTuple):
    """Where and by whom the scans of one request were made, when it came, and what a remembered device must prove."""

    place: Place
    by: Actor
    at: datetime
    proof: Proof | None = None

    @property
    def scanner(self) -> int:
        return self.by.account_id or 0


class Read(NamedTuple):
    """A scan and what was read of it."""

    scan: Scan
    reading: Reading

    def names(self, scanner: int = 0) -> list[Hashable]:
        """What no two scans of a statement share: the key, and the code (its picture and its barcode are one code)."""
        code = (self.reading.handle, self.reading.issued_at)
        return [(scanner, self.scan.key), *([] if code[0] is None else [code])]


def take(desk: Desk, scans: list[Read]) -> list[Answer]:
    """Answer scans of different keys and codes; the answers in the same order. ``Outdated`` when the proof fails."""
    return _TOGETHER.ask((desk, scans), alone=len(scans) > FEW)


Asked = tuple[Desk, list[Read]]
Taken = list[Answer] | Outdated


def names_of(asked: Asked) -> Iterable[Hashable]:
    desk, scans = asked
    return [name for read in scans for name in read.names(desk.scanner)]


def take_all(lot: Sequence[Asked]) -> list[Taken]:
    """Answer the scans of several desks, no key and no code twice. When the same keys come elsewhere meanwhile, those count."""
    for remaining in reversed(range(_TRIES)):
        try:
            return _take(lot)
        except IntegrityError:
            if not remaining:
                raise
    raise AssertionError("unreachable")


_TOGETHER: Final = Together(take_all, names=names_of)


def _take(lot: Sequence[Asked]) -> list[Taken]:
    cases = [_Case(number, desk, *read) for number, (desk, scans) in enumerate(lot) for read in scans]
    answers: dict[int, Answer] = {}
    drafts: dict[int, _Draft] = {}
    rows = [case.row(index) for index, case in enumerate(cases)]
    for index, (case, before) in enumerate(zip(cases, _look_up(cases, rows), strict=True)):
        content = _content(case.scan)
        if before.content is None:
            drafts[index] = _draft(case, rows[index], content, before)
        else:
            answers[index] = _first_answer(case.scan, content, before)
    outcomes = _write(drafts, [desk.proof for desk, _ in lot]) if drafts else {}
    for index, outcome in outcomes.items():
        draft, told = drafts[index], _OUTCOMES[outcome]
        flags = draft.flags + ((told,) if told else ())
        answers[index] = _told(draft.case.scan.key, draft.word, flags, _resident(draft.card))
    taken: list[Taken] = []
    first = 0
    for desk, scans in lot:
        own = range(first, first + len(scans))
        # What is written is proved; what wrote nothing asks for itself.
        proved = all(index in answers for index in own) if not drafts.keys().isdisjoint(own) else holds(desk.proof)
        taken.append([answers[index] for index in own] if proved else Outdated())
        first += len(scans)
    return taken


class _Case(NamedTuple):
    """A scan among those of several desks: whose it is, and what was read of it."""

    number: int
    desk: Desk
    scan: Scan
    reading: Reading

    def row(self, index: int) -> dict[str, Any]:
        """What both statements are told of it."""
        place = self.desk.place
        return {
            "n": index,
            "key": self.scan.key,
            "scanned_at": self.scan.at.isoformat(),
            "scanner": self.desk.scanner,
            "place": place.place_id,
            "institution": place.institution_id,
            "replay": int(limits_at(self.desk.at).replay.total_seconds()),
            "handle": self.reading.handle,
            "issued_at": self.reading.issued_at and self.reading.issued_at.isoformat(),
        }


_ROW: Final = (
    "n int, key text, scanned_at timestamptz, scanner bigint, place bigint, institution bigint, replay int,"
    " handle bigint, issued_at timestamptz"
)
_OUTCOME: Final = """
CASE WHEN {at} IS NULL OR abs(extract(epoch FROM a.scanned_at - {at})) > a.replay THEN 0
     WHEN {place} = a.place THEN 1
     WHEN {institution} = a.institution THEN 2
     ELSE 3 END
"""
"""What a use of the code before, ``at`` a ``place`` of an ``institution``, makes of a scan: an index of ``_OUTCOMES``."""

_LAST_USE: Final = _OUTCOME.format(at="u.at", place="u.place_id", institution="u.institution_id")
# Row by row (OFFSET 0): a plan made while a table was young would otherwise read all of it when it has grown.
_LOOK_UP: Final = f"""
SELECT s.content, s.word, s.flags, coalesce(u.uses, 0), {_LAST_USE}, {CARD_COLUMNS}, {HOLDER_COLUMNS}
  FROM json_to_recordset(%(asked)s::json) AS a({_ROW})
  LEFT JOIN LATERAL (SELECT * FROM people_code_scan WHERE scanner_id = a.scanner AND key = a.key OFFSET 0) s ON true
  LEFT JOIN LATERAL (SELECT * FROM people_code_use WHERE issued_at = a.issued_at AND handle = a.handle
    AND issued_at BETWEEN %(first)s AND %(last)s OFFSET 0) u ON true  -- other days' partitions are not even opened
  LEFT JOIN LATERAL (SELECT * FROM people_card WHERE handle = a.handle OFFSET 0) c ON true
  LEFT JOIN LATERAL (SELECT id, merged_into_id FROM people_person WHERE id = coalesce(s.person_id, c.person_id) OFFSET 0) o
         ON true
  LEFT JOIN LATERAL (SELECT * FROM people_person WHERE id = coalesce(o.merged_into_id, o.id) OFFSET 0) p ON true
 ORDER BY a.n
"""  # noqa: S608 - built of constants


class _Known(NamedTuple):
    """What the city knew of a scan before: the first answer to its key, the uses of its code, card and holder, if any."""

    content: bytes | None
    word: str | None
    flags: str
    uses: int
    outcome: int
    card: CardHolder | None
    resident: Resident | None


def _look_up(cases: list[_Case], rows: list[dict[str, Any]]) -> list[_Known]:
    issued = [case.reading.issued_at for case in cases if case.reading.issued_at is not None] or [cases[0].desk.at]
    found = run(_LOOK_UP, {"asked": as_json(rows), "first": min(issued), "last": max(issued)})
    return [_known(row) for row in found]


def _known(row: tuple[Any, ...]) -> _Known:
    content, word, flags, uses, outcome = row[:5]
    card = CardHolder(*row[5:]) if row[5] is not None and row[9] is not None else None
    resident = Resident(*row[9:]) if row[9] is not None else None
    return _Known(None if content is None else bytes(content), word, flags or "", uses, outcome, card, resident)


class _Draft(NamedTuple):
    """A scan that is to be answered: the row it was looked up by, what was judged, what its code's last use makes of it."""

    case: _Case
    asked: dict[str, Any]
    content: bytes
    word: Word
    flags: tuple[Flag, ...]
    card: CardHolder | None
    uses: int
    outcome: int


def _draft(case: _Case, asked: dict[str, Any], content: bytes, before: _Known) -> _Draft:
    word = judge_card(case.reading, before.card, case.scan.at)
    card = before.card if word in _OF_A_CARD else None
    flags = tuple(flags_of(case.reading, card)) if card is not None else ()
    return _Draft(case, asked, content, word, flags, card, before.uses, before.outcome)


_OF_A_CARD: Final = frozenset({Word.GENUINE, Word.REVOKED, Word.SUSPENDED, Word.EARLY, Word.EXPIRED, Word.RETIRED})
"""Words on codes that were truly signed for their card: the look is the holder's to know."""


def _content(scan: Scan) -> bytes:
    return hashlib.sha256(f"{scan.at.isoformat()}\n{scan.text}".encode("utf-8", "replace")).digest()[:16]


def _resident(card: CardHolder | None) -> Resident | None:
    if card is None:
        return None
    return Resident(card.person_id, card.public_code, card.name, card.sex, card.birth_date, card.status)


def _first_answer(scan: Scan, content: bytes, before: _Known) -> Answer:
    if before.content != content:
        return Answer(scan.key, None, refused=Refused(KEY_REUSED, field="key"))
    flags = tuple(Flag(flag) for flag in before.flags.split())
    return _told(scan.key, Word(before.word or ""), flags, before.resident, repeated=True)


def _told(
    key: str, word: Word, flags: tuple[Flag, ...], resident: Resident | None, *, repeated: bool = False
) -> Answer:
    """A code that is not good, or that was just shown at another institution, opens nobody."""
    why: Refusal | None = None
    if word is not Word.GENUINE:
        why = refusal_of(word)
    elif Flag.ELSEWHERE in flags:
        why = CODE_REPLAYED
    if why is not None:
        return Answer(key, word, flags, refused=Refused(why, field="code"), repeated=repeated)
    return Answer(key, word, flags, resident, repeated=repeated)


_PREVIOUS_USE: Final = _OUTCOME.format(
    at="u.previous_at", place="u.previous_place_id", institution="u.previous_institution_id"
)
_WRITE: Final = f"""
WITH {PROVED}, scan AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(scans)s::json) AS s({_ROW},
    proof int, received_at timestamptz, content bytea, word text, flags text, person_id bigint, uses int, day date,
    rows json)
   WHERE proof IS NULL OR proof IN (SELECT n FROM proved)
), used AS (
  INSERT INTO people_code_use AS u (issued_at, handle, place_id, institution_id, at, uses)
  SELECT issued_at, handle, place, institution, scanned_at, uses + 1 FROM scan WHERE word = 'genuine'
   ORDER BY issued_at, handle
  ON CONFLICT (issued_at, handle) DO UPDATE
    SET previous_place_id = u.place_id, previous_institution_id = u.institution_id, previous_at = u.at,
        place_id = EXCLUDED.place_id, institution_id = EXCLUDED.institution_id, at = EXCLUDED.at, uses = u.uses + 1
    WHERE %(decided)s OR EXCLUDED.uses = u.uses + 1
  RETURNING u.issued_at, u.handle, u.previous_place_id, u.previous_institution_id, u.previous_at
), judged AS MATERIALIZED (
  SELECT a.*, {_PREVIOUS_USE} AS outcome
    FROM scan a LEFT JOIN used u USING (issued_at, handle) WHERE a.word <> 'genuine' OR u.handle IS NOT NULL
), kept AS (
  INSERT INTO people_code_scan (scanner_id, key, content, scanned_at, received_at, institution_id, place_id, word, flags,
    person_id)
  SELECT scanner, key, content, scanned_at, received_at, institution, place, word,
         trim(flags || (ARRAY['', ' again', ' nearby', ' elsewhere'])[outcome + 1]), person_id
    FROM judged ORDER BY scanner, key
), met AS (
  INSERT INTO access_encounter (person_id, institution_id, day, at)
  SELECT DISTINCT ON (person_id, institution, day) person_id, institution, day, scanned_at FROM judged
   WHERE word = 'genuine' AND outcome < 3 ORDER BY person_id, institution, day, scanned_at
  ON CONFLICT DO NOTHING
), traced AS (
  INSERT INTO trace_entry ({ROW_COLUMNS})
  SELECT {ROW_SELECT} FROM (SELECT t.* FROM judged, LATERAL json_to_recordset(judged.rows -> outcome::text) AS t({ROW_TYPE})) r
)
SELECT scan.n, judged.outcome FROM scan LEFT JOIN judged USING (n) ORDER BY n
"""  # noqa: S608

_OUTCOMES: Final[tuple[Flag | None, ...]] = (None, Flag.AGAIN, Flag.NEARBY, Flag.ELSEWHERE)


def _write(drafts: dict[int, _Draft], given: list[Proof | None]) -> dict[int, int]:
    """Write the drafts; the outcome of each, but of those whose proof does not hold."""
    outcomes = _run(drafts, proofs(given), decided=False)
    late = {index: drafts[index] for index, outcome in outcomes.items() if outcome is None}
    outcomes |= _run(late, proofs(given), decided=True) if late else {}
    return {index: int(outcome) for index, outcome in outcomes.items() if outcome is not None}


def _run(drafts: dict[int, _Draft], proved: str, *, decided: bool) -> dict[int, int | None]:
    """The outcomes; None where a code was used since it was looked up, unless what to say was ``decided`` for all."""
    rows = [_row(draft, decided=decided) for draft in drafts.values()]
    return dict(run(_WRITE, {"scans": as_json(rows), "proofs": proved, "decided": decided}))


def _row(draft: _Draft, *, decided: bool) -> dict[str, Any]:
    """The draft as the writing statement takes it; ``rows`` are the trace rows for each outcome that it may have."""
    case = draft.case
    genuine = draft.word is Word.GENUINE
    possible = range(len(_OUTCOMES)) if genuine and decided else (draft.outcome if genuine else 0,)
    uses = {} if genuine else {"handle": None, "issued_at": None}
    return (
        draft.asked
        | uses
        | {
            "proof": case.number if case.desk.proof is not None else None,
            "received_at": case.desk.at.isoformat(),
            "content": "\\x" + draft.content.hex(),
            "word": draft.word,
            "flags": " ".join(draft.flags),
            "person_id": draft.card.person_id if draft.card else None,
            "uses": draft.uses,
            "day": city_day(case.scan.at).isoformat(),
            "rows": {outcome: [as_row(_entry(draft, outcome))] for outcome in possible},
        }
    )


def _entry(draft: _Draft, outcome: int) -> Entry:
    desk, scan, reading = draft.case.desk, draft.case.scan, draft.case.reading
    told = _OUTCOMES[outcome]
    facts: dict[str, Any] = {
        "word": str(draft.word),
        "flags": [*draft.flags, told] if told else list(draft.flags),
        "place": desk.place.place_id,
    }
    if reading.key is not None:
        facts["key"] = reading.key
    if scan.at != desk.at:
        facts["received"] = desk.at.isoformat()
    seen = draft.word is Word.GENUINE and told is not Flag.ELSEWHERE
    return desk.by.did(
        "code.scan" if seen else "code.refuse",
        at=scan.at,
        person_id=draft.card.person_id if draft.card else None,
        object_type="code",
        reason="" if seen else str(told or draft.word),
        facts=facts,
        result=Result.SEEN if seen else Result.REFUSED,
        stream=Stream.LOOK if seen else Stream.SECURITY,
    )
