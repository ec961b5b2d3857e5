"""What is said of scans: what a desk scanned and where, whom it opens, what the desk is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kangqu.kernel.basis.refusals import Refusal, Refused
from kangqu.kernel.people.codes.words import Flag, Word


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
