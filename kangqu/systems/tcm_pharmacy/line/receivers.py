"""Who may take the medicine: the patient, her guardian, or who holds her family account; by a code shown now, a card, or her
resident identity card. A code shown now hands out once; where it is not the patient's own, the reason is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from kangqu.kernel.basis.refusals import Refused, Words
from kangqu.kernel.people.codes.models import CardKind
from kangqu.kernel.people.codes.scanning import CARD_COLUMNS, judge_card, read_scan
from kangqu.kernel.people.codes.spending import Spent, spend
from kangqu.kernel.people.codes.words import CODE_REPLAYED, Word, refusal_of
from kangqu.kernel.people.documents import blind_of
from kangqu.kernel.people.merging import roots_of
from kangqu.kernel.people.models import IdentifierDirectory, IdentifierKind
from kangqu.systems.tcm_pharmacy.refusals import CODE_SPENT, HELD_TOO_LONG, NOT_A_CODE, WRONG_PERSON

LIVE, CARD, DOCUMENT = "live", "card", "document"
REASONS: Final = {
    "KQ-WHY-PHONE": Words("没有手机", "No phone"),
    "KQ-WHY-CHILD": Words("未成年", "A minor"),
    "KQ-WHY-WALK": Words("行动不便", "Cannot come"),
    "KQ-WHY-WARD": Words("住院", "In hospital"),
    "KQ-WHY-AWAY": Words("在外地", "Out of town"),
}
"""Why it is not the patient herself with a code shown now, by the command that is scanned."""
_ID_NUMBER: Final = re.compile(r"\d{17}[\dX]")
_HELD_FOR: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who stands there: what she is to the patient (self, guardian, proxy) and by what she showed it, seen ``at``.

    ``handle`` and ``issued_at`` are those of a code shown now.
    """

    person_id: int
    relation: str
    shown: str
    at: datetime
    handle: int | None = None
    issued_at: datetime | None = None

    @property
    def needs_reason(self) -> bool:
        return (self.relation, self.shown) != ("self", LIVE)

    def noted(self) -> str:
        """For the hand: read back by ``noted_in``."""
        issued = self.issued_at.isoformat() if self.issued_at is not None else ""
        return "|".join(
            [str(self.person_id), self.relation, self.shown, self.at.isoformat(), str(self.handle or ""), issued]
        )

    def spend_code(self, *, institution_id: int, at: datetime) -> None:
        """Of a code shown now: it hands out this once. ``Refused`` when it did already, or was just shown elsewhere."""
        if self.shown != LIVE or self.handle is None or self.issued_at is None:
            return
        came = spend(handle=self.handle, issued_at=self.issued_at, institution_id=institution_id, at=at)
        if came is not Spent.NOW:
            raise Refused(CODE_SPENT if came is Spent.BEFORE else CODE_REPLAYED)


def noted_in(text: str, *, at: datetime) -> Receiver:
    """The receiver a hand holds, or ``Refused`` when she was seen too long ago."""
    parts = text.split("|")
    if len(parts) != 6:
        raise Refused(HELD_TOO_LONG)
    person, relation, shown, seen, handle, issued = parts
    if not timedelta(0) <= at - datetime.fromisoformat(seen) <= _HELD_FOR:
        raise Refused(HELD_TOO_LONG)
    return Receiver(
        int(person),
        relation,
        shown,
        datetime.fromisoformat(seen),
        int(handle) if handle else None,
        datetime.fromisoformat(issued) if issued else None,
    )


@dataclass(frozen=True, slots=True)
class _Card:
    kind: str
    formal: bool
    suspended_at: datetime | None
    revoked_at: datetime | None


_CARD: Final = f"SELECT c.person_id, {CARD_COLUMNS} FROM people_card c WHERE c.handle = %s"  # noqa: S608
_STANDS: Final = """
SELECT kind FROM people_proxy
 WHERE person_id IN (SELECT id FROM people_person WHERE id = %(person)s OR merged_into_id = %(person)s)
   AND agent_id IN (SELECT id FROM people_person WHERE id = %(agent)s OR merged_into_id = %(agent)s)
   AND revoked_at IS NULL AND starts_at <= %(at)s AND ends_at > %(at)s
 ORDER BY kind LIMIT 1
"""


def receives(text: str, patient_id: int, *, at: datetime) -> Receiver:
    """The receiver whose code or document was scanned, or ``Refused``: no code, one that is not in force, or somebody else's."""
    if _ID_NUMBER.fullmatch(text.upper()):
        return _by_document(text.upper(), patient_id, at)
    reading = read_scan(text, at=at, now=at)
    if reading.word is Word.UNREADABLE:
        raise Refused(NOT_A_CODE)
    if reading.word is not Word.GENUINE:
        raise Refused(refusal_of(reading.word))
    with connection.cursor() as cursor:
        cursor.execute(_CARD, [reading.handle])
        row = cursor.fetchone()
    word = judge_card(reading, _Card(*row[1:]) if row else None, at)
    if word is not Word.GENUINE:
        raise Refused(refusal_of(word))
    relation = _relation(row[0], patient_id, at)
    if row[1] == CardKind.PAPER:
        return Receiver(row[0], relation, CARD, at)
    return Receiver(row[0], relation, LIVE, at, reading.handle, reading.issued_at)


def _by_document(number: str, patient_id: int, at: datetime) -> Receiver:
    """By the number of a resident identity card that lies on the counter; whoever hands out compares the face."""
    blind = blind_of(IdentifierKind.RESIDENT_ID, number)
    found = IdentifierDirectory.objects.filter(kind=IdentifierKind.RESIDENT_ID, blind=blind)
    person_id = found.values_list("person_id", flat=True).first()
    if person_id is None:
        raise Refused(WRONG_PERSON)
    return Receiver(person_id, _relation(person_id, patient_id, at), DOCUMENT, at)


def _relation(person_id: int, patient_id: int, at: datetime) -> str:
    """What the one is to the other, whichever of their records the card and the prescription are of."""
    roots = roots_of({person_id, patient_id})
    if roots[person_id] == roots[patient_id]:
        return "self"
    with connection.cursor() as cursor:
        cursor.execute(_STANDS, {"person": roots[patient_id], "agent": roots[person_id], "at": at})
        kind = cursor.fetchone()
    if kind is None:
        raise Refused(WRONG_PERSON)
    return str(kind[0])
