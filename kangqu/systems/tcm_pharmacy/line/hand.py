"""What a station holds between two scans: which prescription, which drawer. Carried by the page, signed; nothing in memory."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from django.core import signing

from kangqu.kernel.access.roles import Role
from kangqu.systems.tcm_pharmacy import programme

_SALT: Final = "tcm.line.hand"
_SHIFT: Final = 12 * 3600  # seconds after which what a page holds is forgotten


class Post(StrEnum):
    """The stations of the line."""

    DISPENSE = "dispense"
    CHECK = "check"
    SOAK = "soak"
    BOIL = "boil"
    PACK = "pack"
    RELEASE = "release"
    HAND_OUT = "hand_out"
    COURIER = "courier"

    @property
    def label(self) -> str:
        return _LABELS[self][0]

    @property
    def label_en(self) -> str:
        return _LABELS[self][1]

    @property
    def roles(self) -> frozenset[Role]:
        return _ROLES[self]


_LABELS: Final = {
    Post.DISPENSE: ("调配", "Dispensing"),
    Post.CHECK: ("复核", "Checking"),
    Post.SOAK: ("浸泡", "Soaking"),
    Post.BOIL: ("煎煮", "Boiling"),
    Post.PACK: ("包装", "Packing"),
    Post.RELEASE: ("质检放行", "Passing"),
    Post.HAND_OUT: ("窗口发药", "Handing out"),
    Post.COURIER: ("配送", "Delivering"),
}
_ROLES: Final = {
    Post.DISPENSE: programme.DISPENSER,
    Post.CHECK: programme.PHARMACIST,
    Post.SOAK: programme.DECOCTION,
    Post.BOIL: programme.DECOCTION,
    Post.PACK: programme.DECOCTION | programme.DISPENSER,
    Post.RELEASE: programme.PHARMACIST,
    Post.HAND_OUT: programme.COUNTER,
    Post.COURIER: programme.COURIER,
}


@dataclass(frozen=True, slots=True)
class Hand:
    """What is in hand: a case, a lot, who fetches it (``receivers``); ``asks`` is what the next scan should be."""

    case_id: int = 0
    lot_id: int = 0
    asks: str = "prescription"
    receiver: str = ""

    def sealed(self) -> str:
        """For the page: nobody can make one up."""
        return signing.dumps(asdict(self), salt=_SALT)


def opened(text: str) -> Hand:
    """The hand a page sent back; an empty one when it is old, broken, or none."""
    try:
        return Hand(**signing.loads(text[:800], salt=_SALT, max_age=_SHIFT))
    except (signing.BadSignature, TypeError):
        return Hand()
