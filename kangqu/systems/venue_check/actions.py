"""Recording who came by: codes read, holders found, presences written, each once for its device's key.

A request costs two statements: one finds cards and holders, one is a transaction of its own that puts the keys down,
notes the use of the codes and appends the presences by person and by place. Of two that carry the same key one writes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from kangqu.kernel.access.proof import PROVED, Proof, prove, proving
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_REUSED, Refusal, Refused
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.models import CardKind
from kangqu.kernel.people.codes.reading import Reading
from kangqu.kernel.people.codes.scanning import judge_card, scan_reader
from kangqu.kernel.people.codes.words import Flag, Word, refusal_of
from kangqu.kernel.rules.policy import PolicyBook, load_policies
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.kernel.trace.presences import COLUMNS, Presence, presence_id
from kangqu.systems.venue_check.refusals import (
    PRESENCE_FUTURE,
    PRESENCE_TOO_OLD,
    RESIDENT_UNKNOWN,
    TEMPERATURE_DOUBTFUL,
    WHO_IS_IT,
)

POLICIES: Final[PolicyBook] = load_policies("kangqu.systems.venue_check")
LONGEST_KEY: Final = 64


class Seen(NamedTuple):
    """What a device reports: its own key, the scanned code or the resident's public code, when, and how warm."""

    key: str
    at: datetime
    institution_id: int
    station_id: int | None
    text: str | None = None
    resident: str | None = None
    degrees: float | None = None


class Answer(NamedTuple):
    """What became of one report. Nothing is kept of a refused one; a repeated one was kept before."""

    key: str
    presence_id: int | None = None
    repeated: bool = False
    flags: tuple[str, ...] = ()
    refused: Refused | None = None

    @property
    def why(self) -> Refusal | None:
        return self.refused.why if self.refused else None


@dataclass(frozen=True, slots=True)
class Limits:
    future: timedelta
    age: timedelta
    least: int
    most: int
    fever: int


def limits_on(at: datetime) -> Limits:
    """The limits in force on the city's day of ``at``."""
    return _limits(city_day(at))


@lru_cache(maxsize=32)
def _limits(day: date) -> Limits:
    def value(name: str) -> int:
        return int(POLICIES.value(f"presence.{name}", on=day))

    return Limits(
        timedelta(seconds=value("future_seconds")),
        timedelta(hours=value("age_hours")),
        value("temperature_least"),
        value("temperature_most"),
        value("fever"),
    )


@dataclass(slots=True)
class _Draft:
    """A report on its way: what was read of it, whose it is, and the row it becomes."""

    seen: Seen
    reading: Reading | None
    resident: str | None
    tenths: int | None
    person_id: int = 0
    means: str = "resident"
    content: int = 0
    moment: str = ""
    row: Presence = field(init=False)

    def presence(self, device_id: int, received_at: datetime) -> Presence:
        return Presence(
            id=presence_id(device_id, self.seen.key),
            at=self.seen.at,
            person_id=self.person_id,
            institution_id=self.seen.institution_id,
            station_id=self.seen.station_id,
            device_id=device_id,
            means=self.means,
            temperature=self.tenths,
            received_at=received_at,
        )


def record_presences(reports: Sequence[Seen], *, by: Actor, at: datetime, proof: Proof | None = None) -> list[Answer]:
    """Record what the device ``by`` reports at ``at``; the answers in the same order, each for its own report.

    Places are those the door let through. Reports may come twice, out of order, and again after half were taken.
    Of a remembered device nothing is written, and nothing answered (``Outdated``), unless its ``proof`` holds.
    """
    proved = proof is None
    limits, read, answers = limits_on(at), scan_reader(at), {}
    for part in _rounds(reports):
        drafts: dict[int, _Draft] = {}
        for index in part:
            drafted = _draft(reports[index], limits, read, at)
            if isinstance(drafted, Refused):
                answers[index] = Answer(reports[index].key, refused=drafted)
            else:
                drafts[index] = drafted
        for index, refused in _identify(drafts).items():
            answers[index] = Answer(reports[index].key, refused=refused)
            del drafts[index]
        outcomes = _write(drafts, by=by, at=at, proof=proof)
        if not (proved or outcomes):
            prove(proof)
        proved = True
        answers |= _answers(drafts, outcomes, limits)
    if not proved:
        prove(proof)
    _trace_refusals(answers.values(), by=by, at=at)
    return [answers[index] for index in range(len(reports))]


def _rounds(reports: Sequence[Seen]) -> Iterator[list[int]]:
    """The reports' indexes in rounds that hold no key and no code twice: a statement touches a row once."""
    waiting = list(range(len(reports)))
    texts = [report.text for report in reports if report.text is not None]
    if len({report.key for report in reports}) == len(reports) and len(set(texts)) == len(texts):
        yield waiting
        return
    while waiting:
        seen: set[tuple[str, str]] = set()
        now: list[int] = []
        later: list[int] = []
        for index in waiting:
            names = {("key", reports[index].key), ("code", reports[index].text or f"none {index}")}
            (later if names & seen else now).append(index)
            seen |= names
        yield now
        waiting = later


def _draft(seen: Seen, limits: Limits, read: Callable[[str, datetime], Reading], at: datetime) -> _Draft | Refused:
    """The report read as far as no database is needed, or why it is not taken."""
    if not 0 < len(seen.key) <= LONGEST_KEY or not (seen.key.isascii() and seen.key.isprintable()):
        return Refused(BAD_INPUT, field="key", detail="key")
    if seen.at > at + limits.future:
        return Refused(PRESENCE_FUTURE, field="at")
    if at - seen.at > limits.age:
        return Refused(PRESENCE_TOO_OLD, field="at", hours=int(limits.age.total_seconds() // 3600))
    if (seen.text is None) == (seen.resident is None):
        return Refused(WHO_IS_IT, field="code")
    tenths = None if seen.degrees is None else round(seen.degrees * 10)
    if tenths is not None and not limits.least <= tenths <= limits.most:
        return Refused(TEMPERATURE_DOUBTFUL, field="temperature", degrees=seen.degrees)
    if seen.text is not None:
        reading = read(seen.text, seen.at)
        if reading.word is not Word.GENUINE:
            return Refused(refusal_of(reading.word), field="code")
        return _Draft(seen, reading, None, tenths)
    resident = read_code(seen.resident or "", "R")
    return _Draft(seen, None, resident, tenths) if resident else Refused(RESIDENT_UNKNOWN, field="resident")


# Row by row (OFFSET 0): a plan made while a table was young would otherwise read all of it when it has grown.
_CARDS: Final = """
SELECT c.handle, c.kind, c.suspended_at, c.revoked_at, coalesce(o.merged_into_id, o.id)
  FROM unnest(%s::bigint[]) AS a(handle),
  LATERAL (SELECT * FROM people_card WHERE handle = a.handle OFFSET 0) c,
  LATERAL (SELECT id, merged_into_id FROM people_person WHERE id = c.person_id OFFSET 0) o
"""
_RESIDENTS: Final = """
SELECT p.public_code, coalesce(p.merged_into_id, p.id) FROM unnest(%s::text[]) AS a(code),
  LATERAL (SELECT public_code, id, merged_into_id FROM people_person WHERE public_code = a.code OFFSET 0) p
"""


class _Card(NamedTuple):
    """A card and the living record that speaks for its holder."""

    kind: str
    suspended_at: datetime | None
    revoked_at: datetime | None
    person_id: int


def _identify(drafts: dict[int, _Draft]) -> dict[int, Refused]:
    """Fill in whose each draft is; return why some are nobody's."""
    handles = {draft.reading.handle for draft in drafts.values() if draft.reading is not None}
    codes = {draft.resident for draft in drafts.values() if draft.resident is not None}
    cards = {handle: _Card(*row) for handle, *row in run(_CARDS, [_array(handles)])} if handles else {}
    people: dict[str | None, int] = dict(run(_RESIDENTS, [_array(codes)])) if codes else {}
    refused: dict[int, Refused] = {}
    for index, draft in drafts.items():
        if draft.reading is None:
            draft.person_id = people.get(draft.resident, 0)
            if not draft.person_id:
                refused[index] = Refused(RESIDENT_UNKNOWN, field="resident")
            continue
        card = cards.get(draft.reading.handle)
        word = judge_card(draft.reading, card, draft.seen.at)
        if word is not Word.GENUINE or card is None:
            refused[index] = Refused(refusal_of(word), field="code")
            continue
        draft.person_id = card.person_id
        draft.means = "barcode" if draft.reading.barcode else "paper" if card.kind == CardKind.PAPER else "code"
    return refused


def _array(values: Any) -> str:
    """A PostgreSQL array literal of numbers or of words without quotes, commas or blanks; None is null."""
    return "{" + ",".join(["NULL" if value is None else f"{value}" for value in values]) + "}"


def _bytes(value: bytes) -> str:
    """Bytes as an element of a PostgreSQL array literal."""
    return f'"\\\\x{value.hex()}"'


_WRITE: Final = f"""
WITH given AS MATERIALIZED (
  SELECT * FROM unnest(%(id)s::bigint[], %(content)s::bigint[], %(at)s::timestamptz[], %(person)s::bigint[],
    %(institution)s::bigint[], %(station)s::bigint[], %(means)s::text[], %(temperature)s::smallint[], %(mac)s::bytea[],
    %(mac_elsewhere)s::bytea[], %(handle)s::bigint[], %(issued)s::timestamptz[])
    AS g(id, content, at, person_id, institution_id, station_id, means, temperature, mac, mac_elsewhere, handle,
         issued_at)
   WHERE {PROVED}
), fresh AS (
  INSERT INTO presence_key (id, content, received_at) SELECT id, content, %(received)s FROM given ORDER BY id
  ON CONFLICT DO NOTHING RETURNING id
), now_at AS MATERIALIZED (
  SELECT trace_position() AS position
), used AS (
  INSERT INTO people_code_use AS u (issued_at, handle, place_id, institution_id, at)
  SELECT issued_at, handle, coalesce(station_id, institution_id), institution_id, at
    FROM given JOIN fresh USING (id) WHERE handle IS NOT NULL ORDER BY issued_at, handle
  ON CONFLICT (issued_at, handle) DO UPDATE
    SET previous_place_id = u.place_id, previous_institution_id = u.institution_id, previous_at = u.at,
        place_id = EXCLUDED.place_id, institution_id = EXCLUDED.institution_id, at = EXCLUDED.at, uses = u.uses + 1
  RETURNING u.issued_at, u.handle, u.place_id, u.institution_id, u.at, u.previous_place_id, u.previous_institution_id,
            u.previous_at
), judged AS MATERIALIZED (
  SELECT g.*, CASE
      WHEN u.previous_at IS NULL OR abs(extract(epoch FROM u.at - u.previous_at)) > %(replay)s THEN 0
      WHEN u.previous_place_id = u.place_id THEN 1
      WHEN u.previous_institution_id = u.institution_id THEN 0
      ELSE 2 END AS outcome, now_at.position
    FROM given g JOIN fresh USING (id) CROSS JOIN now_at LEFT JOIN used u ON u.issued_at = g.issued_at AND u.handle = g.handle
), rows AS MATERIALIZED (
  SELECT id, at, person_id, institution_id, station_id, %(device)s::bigint, means, temperature,
         CASE outcome WHEN 2 THEN 'elsewhere' ELSE '' END, %(received)s::timestamptz, position,
         CASE outcome WHEN 2 THEN mac_elsewhere ELSE mac END
    FROM judged WHERE outcome <> 1
), by_person AS (
  INSERT INTO presence_by_person ({COLUMNS}) SELECT * FROM rows
), by_place AS (
  INSERT INTO presence_by_place ({COLUMNS}) SELECT * FROM rows
)
SELECT id, outcome FROM judged
"""  # noqa: S608

_OUTCOMES: Final = ((), (str(Flag.AGAIN),), (str(Flag.ELSEWHERE),))


def _write(drafts: dict[int, _Draft], *, by: Actor, at: datetime, proof: Proof | None) -> dict[int, int]:
    """Write what was not written before; return the outcome of each row that was, by its number."""
    if not drafts:
        return {}
    device_id = by.account_id or 0
    for draft in drafts.values():
        draft.row = draft.presence(device_id, at)
        draft.moment = draft.seen.at.isoformat()
        draft.content = _content(draft)
    return dict(run(_WRITE, _parameters(list(drafts.values()), device_id, at) | proving(proof)))


_STORED: Final = """
SELECT k.id, k.content FROM unnest(%s::bigint[]) AS a(id),
  LATERAL (SELECT id, content FROM presence_key WHERE id = a.id OFFSET 0) k
"""


def _answers(drafts: dict[int, _Draft], outcomes: dict[int, int], limits: Limits) -> dict[int, Answer]:
    stored: dict[int, int] = {}
    if len(outcomes) < len(drafts):
        numbers = [draft.row.id for draft in drafts.values()]
        stored = dict(run(_STORED, [_array(numbers)]))
    answers = {}
    for index, draft in drafts.items():
        row_id = draft.row.id
        fever = ("fever",) if draft.tenths is not None and draft.tenths >= limits.fever else ()
        if row_id in outcomes:
            answers[index] = Answer(draft.seen.key, row_id, flags=_OUTCOMES[outcomes[row_id]] + fever)
        elif stored.get(row_id) == draft.content:
            answers[index] = Answer(draft.seen.key, row_id, repeated=True, flags=fever)
        else:
            answers[index] = Answer(draft.seen.key, refused=Refused(KEY_REUSED, field="key"))
    return answers


def _content(draft: _Draft) -> int:
    """A number for what was reported under a key: another report under the same key is told from a repeated one."""
    seen = draft.seen
    text = f"{draft.moment}|{seen.text}|{draft.resident}|{seen.institution_id}|{seen.station_id}|{draft.tenths}"
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def _parameters(drafts: list[_Draft], device_id: int, at: datetime) -> dict[str, Any]:
    listed = [draft.row for draft in drafts]
    readings = [draft.reading for draft in drafts]
    macs = [
        row.macs("") if reading is None else row.macs("", "elsewhere")
        for row, reading in zip(listed, readings, strict=True)
    ]
    return {
        "id": _array([row.id for row in listed]),
        "content": _array([draft.content for draft in drafts]),
        "at": _array([draft.moment for draft in drafts]),
        "person": _array([row.person_id for row in listed]),
        "institution": _array([row.institution_id for row in listed]),
        "station": _array([row.station_id for row in listed]),
        "means": _array([row.means for row in listed]),
        "temperature": _array([row.temperature for row in listed]),
        "mac": _array([_bytes(plain) for plain, *_ in macs]),
        "mac_elsewhere": _array([_bytes(elsewhere[0]) if elsewhere else None for _, *elsewhere in macs]),
        "handle": _array([reading and reading.handle for reading in readings]),
        "issued": _array([reading and reading.issued_at and reading.issued_at.isoformat() for reading in readings]),
        "replay": int(limits_at(at).replay.total_seconds()),
        "received": at,
        "device": device_id,
    }


def _trace_refusals(answers: Any, *, by: Actor, at: datetime) -> None:
    """One row of the trace for all that a request's reports were refused for: garbage does not fill the trace."""
    refused = Counter(answer.refused.why.name for answer in answers if answer.refused is not None)
    if refused:
        entry = by.did("presence.refuse", at=at, object_type="presence", facts=dict(refused))
        record(replace(entry, result=Result.REFUSED, stream=Stream.SECURITY))
