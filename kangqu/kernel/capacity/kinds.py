"""The kinds of scarce things the city has, declared by the systems that own them; each hears of what becomes of its bookings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

CHANNELS: Final = MappingProxyType(
    {
        "citizen": ("居民", "Residents"),
        "referral": ("转诊", "Referral"),
        "green": ("绿色通道", "Green channel"),
        "onsite": ("现场", "On site"),
        "returning": ("复诊", "Returning"),
    }
)
"""Through which door somebody comes: code → Chinese, English."""
ADDED: Final = "over"
"""The channel of a place added for one person (加号): no roster has it, nobody waits on it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one booking: its person, numbers, the status it left ("" when new) and the one it has now.

    ``left_session_id``: it moved, from that session.
    """

    person_id: int
    booking_id: int
    session_id: int
    before: str
    after: str
    at: datetime
    left_session_id: int | None = None


Listener = Callable[[Sequence[Change]], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of scarce thing. ``changed`` is called in the transaction of the changes it is told of."""

    code: str
    title: str
    title_en: str
    changed: Listener | None = None


_KINDS: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Make ``kind`` known. A code declared otherwise is a mistake in the code and stops the import."""
    if _KINDS.setdefault(kind.code, kind) != kind:
        raise ValueError(f"the kind {kind.code} is declared twice")
    return kind


def known(code: str) -> bool:
    return code in _KINDS


def tell(kind: str, changes: Sequence[Change]) -> None:
    """Tell the owner of a kind what became of bookings."""
    owner = _KINDS.get(kind)
    if owner is not None and owner.changed is not None and changes:
        owner.changed(changes)
