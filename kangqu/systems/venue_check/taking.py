"""Taking reports that were read: holders found, presences written and answered, for one device or for several at a time.

A request costs two statements: one finds cards and holders, one is a transaction of its own that puts the keys down,
notes the use of the codes and appends the presences by person and by place. Of two that carry the same key one writes.
Devices that ask at the same moment share both statements (``Together``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from kangqu.kernel.access.proof import PROVED, Outdated, Proof, holds, proofs
from kangqu.kernel.basis.prepared import as_json, run
from kangqu.kernel.basis.refusals import KEY_REUSED, Refused
from kangqu.kernel.basis.together import FEW, Together
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.models import CardKind
from kangqu.kernel.people.codes.reading import Reading
from kangqu.kernel.people.codes.scanning import judge_card
from kangqu.kernel.people.codes.words import Flag, Word, refusal_of
from kangqu.kernel.trace.presences import COLUMNS, Presence, presence_id
from kangqu.systems.venue_check.refusals import RESIDENT_UNKNOWN
from kangqu.systems.venue_check.reports import Answer, Seen, limits_on


class Device(NamedTuple):
    """Which device sent the reports of one request, when they came, and what a remembered device must prove."""

    id: int
    at: datetime
    proof: Proof | None = None


@dataclass(slots=True)
class Draft:
    """A report on its way: what was read of it, then whose it is, why it is refused or the row it becomes."""

    seen: Seen
    reading: Reading | None
    resident: str | None
    tenths: int | None
    person_id: int = 0
    means: str = "resident"
    refused: Refused | None = None
    content: int = 0
    moment: str = ""
    row: Presence = field(init=False)

    def names(self, device_id: int = 0) -> list[Hashable]:
        """What no two reports of a statement share: the key, and the code (its picture and its barcode are one code)."""
        key = (device_id, self.seen.key)
        return [key] if self.reading is None else [key, (self.reading.handle, self.reading.issued_at)]

    def prepare(self, device: Device) -> None:
        """Make the row, now that it is known whose it is."""
        self.row = Presence(
            id=presence_id(device.id, self.seen.key),
            at=self.seen.at,
            person_id=self.person_id,
            institution_id=self.seen.institution_id,
            station_id=self.seen.station_id,
            device_id=device.id,
            means=self.means,
            temperature=self.tenths,
            received_at=device.at,
        )
        self.moment = self.seen.at.isoformat()
        self.content = _content(self)


def take(device: Device, drafts: list[Draft]) -> list[Answer]:
    """Answer drafts of different keys and codes, in the same order. ``Outdated`` when the proof fails."""
    return _TOGETHER.ask((device, drafts), alone=len(drafts) > FEW)


Asked = tuple[Device, list[Draft]]
Taken = list[Answer] | Outdated


def names_of(asked: Asked) -> Iterable[Hashable]:
    device, drafts = asked
    return [name for draft in drafts for name in draft.names(device.id)]


def take_all(lot: Sequence[Asked]) -> list[Taken]:
    """Answer the reports of several devices, no key and no code twice."""
    _identify([draft for _, drafts in lot for draft in drafts])
    rows = []
    for number, (device, drafts) in enumerate(lot):
        for draft in drafts:
            if draft.refused is None:
                draft.prepare(device)
                rows.append((number, draft))
    outcomes = _write(rows, [device for device, _ in lot]) if rows else {}
    stored = _stored([draft.row.id for _, draft in rows if draft.row.id not in outcomes])
    return [_taken(device, drafts, outcomes, stored) for device, drafts in lot]


_TOGETHER: Final = Together(take_all, names=names_of)


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


def _identify(drafts: list[Draft]) -> None:
    """Fill in whose each draft is, or why it is nobody's."""
    handles = {draft.reading.handle for draft in drafts if draft.reading is not None}
    codes = {draft.resident for draft in drafts if draft.resident is not None}
    cards = {handle: _Card(*row) for handle, *row in run(_CARDS, [_array(handles)])} if handles else {}
    people: dict[str | None, int] = dict(run(_RESIDENTS, [_array(codes)])) if codes else {}
    for draft in drafts:
        draft.refused = None
        if draft.reading is None:
            draft.person_id = people.get(draft.resident, 0)
            if not draft.person_id:
                draft.refused = Refused(RESIDENT_UNKNOWN, field="resident")
            continue
        card = cards.get(draft.reading.handle)
        word = judge_card(draft.reading, card, draft.seen.at)
        if word is not Word.GENUINE or card is None:
            draft.refused = Refused(refusal_of(word), field="code")
            continue
        draft.person_id = card.person_id
        draft.means = "barcode" if draft.reading.barcode else "paper" if card.kind == CardKind.PAPER else "code"


def _content(draft: Draft) -> int:
    """A number for what was reported under a key: another report under the same key is told from a repeated one."""
    seen = draft.seen
    text = f"{draft.moment}|{seen.text}|{draft.resident}|{seen.institution_id}|{seen.station_id}|{draft.tenths}"
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def _array(values: Any) -> str:
    """A PostgreSQL array literal of numbers or of words without quotes, commas or blanks; None is null."""
    return "{" + ",".join(["NULL" if value is None else f"{value}" for value in values]) + "}"


def _bytes(value: bytes) -> str:
    """Bytes as an element of a PostgreSQL array literal."""
    return f'"\\\\x{value.hex()}"'


_WRITE: Final = f"""
WITH {PROVED}, given AS MATERIALIZED (
  SELECT g.*, d.id AS device_id, d.received_at, d.replay
    FROM unnest(%(sender)s::smallint[], %(id)s::bigint[], %(content)s::bigint[], %(at)s::timestamptz[], %(person)s::bigint[],
           %(institution)s::bigint[], %(station)s::bigint[], %(means)s::text[], %(temperature)s::smallint[],
           %(mac)s::bytea[], %(mac_elsewhere)s::bytea[], %(handle)s::bigint[], %(issued)s::timestamptz[])
         AS g(sender, id, content, at, person_id, institution_id, station_id, means, temperature, mac, mac_elsewhere,
           handle, issued_at)
    JOIN json_to_recordset(%(devices)s::json) AS d(n smallint, id bigint, received_at timestamptz, replay int, proof int)
      ON d.n = g.sender AND (d.proof IS NULL OR d.proof IN (SELECT n FROM proved))
), fresh AS (
  INSERT INTO presence_key (id, content, received_at) SELECT id, content, received_at FROM given ORDER BY id
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
      WHEN u.previous_at IS NULL OR abs(extract(epoch FROM u.at - u.previous_at)) > g.replay THEN 0
      WHEN u.previous_place_id = u.place_id THEN 1
      WHEN u.previous_institution_id = u.institution_id THEN 0
      ELSE 2 END AS outcome, now_at.position
    FROM given g JOIN fresh USING (id) CROSS JOIN now_at LEFT JOIN used u ON u.issued_at = g.issued_at AND u.handle = g.handle
), rows AS MATERIALIZED (
  SELECT id, at, person_id, institution_id, station_id, device_id, means, temperature,
         CASE outcome WHEN 2 THEN 'elsewhere' ELSE '' END, received_at, position,
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


def _write(rows: list[tuple[int, Draft]], devices: list[Device]) -> dict[int, int]:
    """Write what was not written before; return the outcome of each row that was, by its number."""
    senders = [
        {
            "n": number,
            "id": device.id,
            "received_at": device.at.isoformat(),
            "replay": int(limits_at(device.at).replay.total_seconds()),
            "proof": number if device.proof is not None else None,
        }
        for number, device in enumerate(devices)
    ]
    proving = {"proofs": proofs(device.proof for device in devices), "devices": as_json(senders)}
    return dict(run(_WRITE, _arrays(rows) | proving))


def _arrays(rows: list[tuple[int, Draft]]) -> dict[str, str]:
    listed = [draft.row for _, draft in rows]
    readings = [draft.reading for _, draft in rows]
    macs = [
        row.macs("") if reading is None else row.macs("", "elsewhere")
        for row, reading in zip(listed, readings, strict=True)
    ]
    return {
        "sender": _array([sender for sender, _ in rows]),
        "id": _array([row.id for row in listed]),
        "content": _array([draft.content for _, draft in rows]),
        "at": _array([draft.moment for _, draft in rows]),
        "person": _array([row.person_id for row in listed]),
        "institution": _array([row.institution_id for row in listed]),
        "station": _array([row.station_id for row in listed]),
        "means": _array([row.means for row in listed]),
        "temperature": _array([row.temperature for row in listed]),
        "mac": _array([_bytes(plain) for plain, *_ in macs]),
        "mac_elsewhere": _array([_bytes(elsewhere[0]) if elsewhere else None for _, *elsewhere in macs]),
        "handle": _array([reading and reading.handle for reading in readings]),
        "issued": _array([reading and reading.issued_at and reading.issued_at.isoformat() for reading in readings]),
    }


_STORED: Final = """
SELECT k.id, k.content FROM unnest(%s::bigint[]) AS a(id),
  LATERAL (SELECT id, content FROM presence_key WHERE id = a.id OFFSET 0) k
"""


def _stored(numbers: list[int]) -> dict[int, int]:
    """What was reported before under the keys of these presences."""
    return dict(run(_STORED, [_array(numbers)])) if numbers else {}


def _taken(device: Device, drafts: list[Draft], outcomes: dict[int, int], stored: dict[int, int]) -> Taken:
    written = any(draft.refused is None and draft.row.id in outcomes for draft in drafts)
    if not written and not holds(device.proof):  # what was written is proved
        return Outdated()
    fever = limits_on(device.at).fever
    return [_answer(draft, outcomes, stored, fever) for draft in drafts]


def _answer(draft: Draft, outcomes: dict[int, int], stored: dict[int, int], fever: int) -> Answer:
    key = draft.seen.key
    if draft.refused is not None:
        return Answer(key, refused=draft.refused)
    warm = ("fever",) if draft.tenths is not None and draft.tenths >= fever else ()
    outcome = outcomes.get(draft.row.id)
    if outcome is not None:
        return Answer(key, draft.row.id, flags=_OUTCOMES[outcome] + warm)
    if stored.get(draft.row.id) == draft.content:
        return Answer(key, draft.row.id, repeated=True, flags=warm)
    return Answer(key, refused=Refused(KEY_REUSED, field="key"))
