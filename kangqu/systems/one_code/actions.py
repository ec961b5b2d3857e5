"""Verifying what desks scan: signature, card, holder, replay; the resident is here today; the look is traced.

A scan costs two statements. The first finds what its key was answered before, the card, the holder and the code's last
use. The second is one transaction of its own: it notes the use of the code, keeps the answer, opens the resident to the
institution for the day, and writes the trace. Somebody else's use in between makes it write nothing: then it is run
again with what to say of every outcome, and the row of the use, locked, decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError

from kangqu.kernel.access.proof import PROVED, Outdated, Proof, prove, proving
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_REUSED, Refusal, Refused
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.reading import Reading
from kangqu.kernel.people.codes.scanning import (
    CARD_COLUMNS,
    HOLDER_COLUMNS,
    CardHolder,
    flags_of,
    judge_card,
    scan_reader,
)
from kangqu.kernel.people.codes.words import (
    CODE_REPLAYED,
    SCAN_FUTURE,
    SCAN_TOO_OLD,
    Flag,
    Word,
    refusal_of,
)
from kangqu.kernel.trace.actions import ROW_COLUMNS, ROW_SELECT, ROW_TYPE, as_row
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Entry, Result, Stream

LONGEST_KEY: Final = 64
_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Scan:
    """A scanned text, when it was scanned, and the desk's own key for this scan."""

    key: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where the scans were made: a station, or an institution as a whole (then both numbers are the same)."""

    place_id: int
    institution_id: int


@dataclass(frozen=True, slots=True)
class Resident:
    """Whom an accepted code belongs to."""

    person_id: int
    public_code: str
    name: str
    sex: str
    birth_date: date | None
    status: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desk is told. ``refused`` is set when the scan opens nobody; ``repeated`` when the key was answered before."""

    key: str
    word: Word | None
    flags: tuple[Flag, ...] = ()
    resident: Resident | None = None
    refused: Refused | None = None
    repeated: bool = False

    @property
    def why(self) -> Refusal | None:
        return self.refused.why if self.refused else None


def verify(scan: Scan, *, place: Place, by: Actor, at: datetime, proof: Proof | None = None) -> Answer:
    """Verify one scan received at ``at``. Never raises for what was scanned: the answer says it."""
    return verify_all([scan], place=place, by=by, at=at, proof=proof)[0]


def verify_all(
    scans: Sequence[Scan], *, place: Place, by: Actor, at: datetime, proof: Proof | None = None
) -> list[Answer]:
    """Verify scans received at ``at``, each judged at its own time; the answers in the same order.

    Scans may come twice, out of order, and again after half of them were taken: a key is answered once for all.
    Of a remembered device nothing is written, and nothing answered (``Outdated``), unless its ``proof`` holds.
    """
    answers: dict[int, Answer] = {}
    write = _Write(place, by, at, proof)
    for part in _rounds(scans):
        timely = []
        for index in part:
            refused = _untimely(scans[index], at)
            if refused is None:
                timely.append(index)
            else:
                answers[index] = Answer(scans[index].key, None, refused=refused)
        if timely:
            taken = _take([scans[index] for index in timely], write)
            answers |= dict(zip(timely, taken, strict=True))
    write.prove()
    return [answers[index] for index in range(len(scans))]


def _rounds(scans: Sequence[Scan]) -> Iterator[list[int]]:
    """The scans' indexes in rounds that hold no key and no code twice: a statement touches a row once."""
    waiting = list(range(len(scans)))
    while waiting:
        seen: set[str] = set()
        now: list[int] = []
        later: list[int] = []
        for index in waiting:
            names = {"k" + scans[index].key, "t" + scans[index].text}
            (later if names & seen else now).append(index)
            seen |= names
        yield now
        waiting = later


def _untimely(scan: Scan, at: datetime) -> Refused | None:
    if not 0 < len(scan.key) <= LONGEST_KEY or not (scan.key.isascii() and scan.key.isprintable()):
        return Refused(BAD_INPUT, field="key", detail="key")
    limits = limits_at(at)
    if scan.at > at + limits.scan_future:
        return Refused(SCAN_FUTURE, field="at")
    if at - scan.at > limits.scan_age:
        return Refused(SCAN_TOO_OLD, field="at", hours=int(limits.scan_age.total_seconds() // 3600))
    return None


def _take(scans: list[Scan], write: _Write) -> list[Answer]:
    """Answer scans of different keys and codes. When somebody sends the same keys meanwhile, his answers count."""
    read = scan_reader(write.at)
    readings = [read(scan.text, scan.at) for scan in scans]
    for remaining in reversed(range(_TRIES)):
        known = _look_up(scans, readings, write)
        try:
            return _answer(scans, readings, known, write)
        except IntegrityError:
            if not remaining:
                raise
    raise AssertionError("unreachable")


_OUTCOME: Final = """
CASE WHEN {at} IS NULL OR abs(extract(epoch FROM {scanned_at} - {at})) > %(replay)s THEN 0
     WHEN {place} = %(place)s THEN 1
     WHEN {institution} = %(institution)s THEN 2
     ELSE 3 END
"""
"""What a use of the code before, ``at`` a ``place`` of an ``institution``, makes of a scan: an index of ``_OUTCOMES``."""

_LAST_USE: Final = _OUTCOME.format(
    scanned_at="a.scanned_at", at="u.at", place="u.place_id", institution="u.institution_id"
)
# Row by row (OFFSET 0): a plan made while a table was young would otherwise read all of it when it has grown.
_LOOK_UP: Final = f"""
SELECT s.content, s.word, s.flags, coalesce(u.uses, 0), {_LAST_USE}, {CARD_COLUMNS}, {HOLDER_COLUMNS}
  FROM json_to_recordset(%(asked)s::json) AS a(n int, key text, handle bigint, issued_at timestamptz, scanned_at timestamptz)
  LEFT JOIN LATERAL (SELECT * FROM people_code_scan WHERE scanner_id = %(scanner)s AND key = a.key OFFSET 0) s ON true
  LEFT JOIN LATERAL (SELECT * FROM people_code_use WHERE issued_at = a.issued_at AND handle = a.handle
    AND issued_at BETWEEN %(first)s AND %(last)s OFFSET 0) u ON true  -- other days' partitions are not even opened
  LEFT JOIN LATERAL (SELECT * FROM people_card WHERE handle = a.handle OFFSET 0) c ON true
  LEFT JOIN LATERAL (SELECT id, merged_into_id FROM people_person WHERE id = coalesce(s.person_id, c.person_id) OFFSET 0) o
         ON true
  LEFT JOIN LATERAL (SELECT * FROM people_person WHERE id = coalesce(o.merged_into_id, o.id) OFFSET 0) p ON true
 ORDER BY a.n
"""  # noqa: S608 - built of constants


@dataclass(frozen=True, slots=True)
class _Known:
    """What the city knew of a scan before: the first answer to its key, the uses of its code, card and holder, if any."""

    content: bytes | None
    word: str | None
    flags: str
    uses: int
    outcome: int
    card: CardHolder | None
    resident: Resident | None


def _look_up(scans: list[Scan], readings: list[Reading], write: _Write) -> list[_Known]:
    asked = [
        {
            "n": index,
            "key": scan.key,
            "handle": reading.handle,
            "issued_at": reading.issued_at and reading.issued_at.isoformat(),
            "scanned_at": scan.at.isoformat(),
        }
        for index, (scan, reading) in enumerate(zip(scans, readings, strict=True))
    ]
    issued = [reading.issued_at for reading in readings if reading.issued_at is not None] or [write.at]
    parameters = {"asked": _ROWS.encode(asked), "first": min(issued), "last": max(issued)}
    return [_known(row) for row in run(_LOOK_UP, parameters | write.common)]


def _known(row: tuple[Any, ...]) -> _Known:
    content, word, flags, uses, outcome = row[:5]
    card = CardHolder(*row[5:]) if row[5] is not None and row[9] is not None else None
    resident = Resident(*row[9:]) if row[9] is not None else None
    return _Known(None if content is None else bytes(content), word, flags or "", uses, outcome, card, resident)


_PREVIOUS_USE: Final = _OUTCOME.format(
    scanned_at="scan.scanned_at",
    at="used.previous_at",
    place="used.previous_place_id",
    institution="used.previous_institution_id",
)
_WRITE: Final = f"""
WITH scan AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(scans)s::json) AS s(
    n int, key text, content bytea, scanned_at timestamptz, word text, flags text, person_id bigint,
    handle bigint, issued_at timestamptz, uses int, day date, rows json)
   WHERE {PROVED}
), used AS (
  INSERT INTO people_code_use AS u (issued_at, handle, place_id, institution_id, at, uses)
  SELECT issued_at, handle, %(place)s, %(institution)s, scanned_at, uses + 1 FROM scan WHERE word = 'genuine'
   ORDER BY issued_at, handle
  ON CONFLICT (issued_at, handle) DO UPDATE
    SET previous_place_id = u.place_id, previous_institution_id = u.institution_id, previous_at = u.at,
        place_id = EXCLUDED.place_id, institution_id = EXCLUDED.institution_id, at = EXCLUDED.at, uses = u.uses + 1
    WHERE %(decided)s OR EXCLUDED.uses = u.uses + 1
  RETURNING u.issued_at, u.handle, u.previous_place_id, u.previous_institution_id, u.previous_at
), judged AS MATERIALIZED (
  SELECT scan.*, {_PREVIOUS_USE} AS outcome
    FROM scan LEFT JOIN used USING (issued_at, handle) WHERE scan.word <> 'genuine' OR used.handle IS NOT NULL
), kept AS (
  INSERT INTO people_code_scan (scanner_id, key, content, scanned_at, received_at, institution_id, place_id, word, flags,
    person_id)
  SELECT %(scanner)s, key, content, scanned_at, %(at)s, %(institution)s, %(place)s, word,
         trim(flags || (ARRAY['', ' again', ' nearby', ' elsewhere'])[outcome + 1]), person_id
    FROM judged ORDER BY key
), met AS (
  INSERT INTO access_encounter (person_id, institution_id, day, at)
  SELECT DISTINCT ON (person_id, day) person_id, %(institution)s, day, scanned_at FROM judged
   WHERE word = 'genuine' AND outcome < 3 ORDER BY person_id, day, scanned_at
  ON CONFLICT DO NOTHING
), traced AS (
  INSERT INTO trace_entry ({ROW_COLUMNS})
  SELECT {ROW_SELECT} FROM (SELECT t.* FROM judged, LATERAL json_to_recordset(judged.rows -> outcome::text) AS t({ROW_TYPE})) r
)
SELECT scan.n, judged.outcome FROM scan LEFT JOIN judged USING (n) ORDER BY n
"""  # noqa: S608

_OUTCOMES: Final[tuple[Flag | None, ...]] = (None, Flag.AGAIN, Flag.NEARBY, Flag.ELSEWHERE)


def _answer(scans: list[Scan], readings: list[Reading], known: list[_Known], write: _Write) -> list[Answer]:
    answers: list[Answer | None] = [None] * len(scans)
    drafts: dict[int, _Draft] = {}
    for index, (scan, reading, before) in enumerate(zip(scans, readings, known, strict=True)):
        content = _content(scan)
        if before.content is not None:
            answers[index] = _first_answer(scan, content, before)
            continue
        word = judge_card(reading, before.card, scan.at)
        card = before.card if word in _OF_A_CARD else None
        flags = tuple(flags_of(reading, card)) if card is not None else ()
        drafts[index] = _Draft(scan, reading, content, word, flags, card, before.uses, before.outcome)
    for index, outcome in write.drafts(drafts).items():
        draft, told = drafts[index], _OUTCOMES[outcome]
        flags = draft.flags + ((told,) if told else ())
        answers[index] = _told(draft.scan.key, draft.word, flags, _resident(draft.card))
    return [answer for answer in answers if answer is not None]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A scan that is to be answered: what was judged of it, and what its code's last use makes of it."""

    scan: Scan
    reading: Reading
    content: bytes
    word: Word
    flags: tuple[Flag, ...]
    card: CardHolder | None
    uses: int
    outcome: int


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


class _Write:
    """Writing for one request: where, by whom, when, and whether a remembered device was proved by now."""

    def __init__(self, place: Place, by: Actor, at: datetime, proof: Proof | None) -> None:
        self.place, self.by, self.at = place, by, at
        self._proof = proof
        self.common = {
            "scanner": by.account_id or 0,
            "place": place.place_id,
            "institution": place.institution_id,
            "replay": int(limits_at(at).replay.total_seconds()),
        }

    def drafts(self, drafts: dict[int, _Draft]) -> dict[int, int]:
        """Write the drafts; the outcome of each."""
        if not drafts:
            return {}
        outcomes = self._run(drafts, decided=False)
        late = {index: drafts[index] for index, outcome in outcomes.items() if outcome is None}
        outcomes |= self._run(late, decided=True) if late else {}
        return {index: int(outcome) for index, outcome in outcomes.items() if outcome is not None}

    def _run(self, drafts: dict[int, _Draft], *, decided: bool) -> dict[int, int | None]:
        """The outcomes; None where a code was used since it was looked up, unless what to say was ``decided`` for all."""
        rows = [_row(index, draft, self, decided=decided) for index, draft in drafts.items()]
        parameters = self.common | {"scans": _ROWS.encode(rows), "at": self.at, "decided": decided}
        written = dict(run(_WRITE, parameters | proving(self._proof)))
        if not written:
            raise Outdated
        self._proof = None
        return written

    def prove(self) -> None:
        """Prove what no writing has proved."""
        prove(self._proof)


_ROWS: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _row(index: int, draft: _Draft, write: _Write, *, decided: bool) -> dict[str, Any]:
    """The draft as the writing statement takes it; ``rows`` are the trace rows for each outcome that it may have."""
    scan, reading = draft.scan, draft.reading
    genuine = draft.word is Word.GENUINE
    possible = range(len(_OUTCOMES)) if genuine and decided else (draft.outcome if genuine else 0,)
    return {
        "n": index,
        "key": scan.key,
        "content": "\\x" + draft.content.hex(),
        "scanned_at": scan.at.isoformat(),
        "word": draft.word,
        "flags": " ".join(draft.flags),
        "person_id": draft.card.person_id if draft.card else None,
        "handle": reading.handle if genuine else None,
        "issued_at": reading.issued_at.isoformat() if genuine and reading.issued_at else None,
        "uses": draft.uses,
        "day": city_day(scan.at).isoformat(),
        "rows": {outcome: [as_row(_entry(draft, outcome, write))] for outcome in possible},
    }


def _entry(draft: _Draft, outcome: int, write: _Write) -> Entry:
    scan, reading, told = draft.scan, draft.reading, _OUTCOMES[outcome]
    facts: dict[str, Any] = {
        "word": str(draft.word),
        "flags": [*draft.flags, told] if told else list(draft.flags),
        "place": write.place.place_id,
    }
    if reading.key is not None:
        facts["key"] = reading.key
    if scan.at != write.at:
        facts["received"] = write.at.isoformat()
    seen = draft.word is Word.GENUINE and told is not Flag.ELSEWHERE
    return write.by.did(
        "code.scan" if seen else "code.refuse",
        at=scan.at,
        person_id=draft.card.person_id if draft.card else None,
        object_type="code",
        reason="" if seen else str(told or draft.word),
        facts=facts,
        result=Result.SEEN if seen else Result.REFUSED,
        stream=Stream.LOOK if seen else Stream.SECURITY,
    )
