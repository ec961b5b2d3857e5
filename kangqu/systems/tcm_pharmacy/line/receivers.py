"""Who may take the medicine: the patient, her guardian, or who holds her family account, by a code shown now or a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.codes.scanning import CARD_COLUMNS, judge_card, read_scan
from kangqu.kernel.people.codes.words import Word, refusal_of
from kangqu.systems.tcm_pharmacy.refusals import NOT_A_CODE, WRONG_PERSON


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whose code it was, and what she is to the patient: self, guardian or proxy."""

    person_id: int
    relation: str


@dataclass(frozen=True, slots=True)
class _Card:
    kind: str
    formal: bool
    suspended_at: datetime | None
    revoked_at: datetime | None


_CARD: Final = f"SELECT c.person_id, {CARD_COLUMNS} FROM people_card c WHERE c.handle = %s"  # noqa: S608
_STANDS: Final = """
SELECT kind FROM people_proxy
 WHERE person_id = %(person)s AND agent_id = %(agent)s AND revoked_at IS NULL AND starts_at <= %(at)s AND ends_at > %(at)s
 ORDER BY kind LIMIT 1
"""


def receives(text: str, patient_id: int, *, at: datetime) -> Receiver:
    """The receiver whose code was scanned, or ``Refused``: no code, one that is not in force, or somebody else's."""
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
        if row[0] == patient_id:
            return Receiver(patient_id, "self")
        cursor.execute(_STANDS, {"person": patient_id, "agent": row[0], "at": at})
        kind = cursor.fetchone()
    if kind is None:
        raise Refused(WRONG_PERSON)
    return Receiver(row[0], str(kind[0]))
