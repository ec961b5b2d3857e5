"""What every scan begins with: the code is read, its card and holder are found, and a word is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from kangqu.kernel.people.codes.keys import barcode_keys, key_set
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.models import CardKind
from kangqu.kernel.people.codes.reading import BARCODE_LENGTH, Reading, read_barcode, read_code
from kangqu.kernel.people.codes.words import Flag, Word
from kangqu.kernel.people.models import PersonStatus


@dataclass(frozen=True, slots=True)
class CardHolder:
    """A card as a desk needs it, and the living record that speaks for its holder."""

    kind: str
    formal: bool
    suspended_at: datetime | None
    revoked_at: datetime | None
    person_id: int
    public_code: str
    name: str
    sex: str
    birth_date: date | None
    status: str


class CardState(Protocol):
    """What the word on a card depends on."""

    @property
    def suspended_at(self) -> datetime | None: ...
    @property
    def revoked_at(self) -> datetime | None: ...


CARD_COLUMNS: Final = "c.kind, c.formal, c.suspended_at, c.revoked_at"
HOLDER_COLUMNS: Final = "p.id, p.public_code, p.name, p.sex, p.birth_date, p.status"


def scan_reader(now: datetime) -> Callable[[str, datetime], Reading]:
    """What reads a scanned text, code or barcode, as of an instant, with the keys known ``now``: for one or for many."""
    keys = key_set(now).keys

    def read(text: str, at: datetime) -> Reading:
        limits = limits_at(at)
        if len(text) == BARCODE_LENGTH:
            return read_barcode(text, keys=barcode_keys(), at=at, limits=limits)
        return read_code(text, keys=keys, at=at, limits=limits)

    return read


def read_scan(text: str, *, at: datetime, now: datetime) -> Reading:
    """The reading of one scanned text as of ``at``, with the keys known ``now``."""
    return scan_reader(now)(text, at)


def judge_card(reading: Reading, card: CardState | None, at: datetime) -> Word:
    """The word on a scan once the card is known. A code whose own word is not ``GENUINE`` keeps it."""
    if reading.word is not Word.GENUINE:
        return reading.word
    if card is None:
        return Word.UNKNOWN
    if card.revoked_at is not None and card.revoked_at <= at:
        return Word.REVOKED
    return Word.SUSPENDED if card.suspended_at is not None and card.suspended_at <= at else Word.GENUINE


def flags_of(reading: Reading, card: CardHolder) -> list[Flag]:
    """What the desk should know beside the word, as far as card and holder tell."""
    told = {
        Flag.PAPER: card.kind == CardKind.PAPER,
        Flag.TEMPORARY: not card.formal,
        Flag.BARCODE: reading.barcode,
        Flag.MOVED: card.status == PersonStatus.MOVED,
        Flag.DECEASED: card.status == PersonStatus.DECEASED,
    }
    return [flag for flag, holds in told.items() if holds]
