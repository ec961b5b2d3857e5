"""The labels: of a tub, a bag of liquor, a shelf, a pot, a parcel. What is on them is handed in; nothing is looked up.

Labels are in Chinese: they are read in the pharmacy and by the patient. Times are printed as the city's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Route(StrEnum):
    """内服 or 外用: labels that must not be mistaken for each other (DC16)."""

    INTERNAL = "内服"
    EXTERNAL = "外用"


@dataclass(frozen=True, slots=True)
class Stock:
    """The paper in the printer, in millimetres."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if not (40 <= self.width <= 210 and 20 <= self.height <= 300):
            raise ValueError("a label is 40 to 210 mm wide and 20 to 300 mm high")


@dataclass(frozen=True, slots=True)
class TubLabel:
    """桶签: goes with an order from dispensing to packing. ``handling`` are lines such as ``先煎 附子``."""

    code: str
    patient: str
    institution: str
    department: str
    route: Route
    doses: int
    herb_grams: int
    soak_minutes: int
    category: str
    pot: str = ""
    priority: str = ""
    due: datetime | None = None
    handling: tuple[str, ...] = ()
    masked: bool = False


@dataclass(frozen=True, slots=True)
class BagLabel:
    """袋签: what §2 of the decoction norm's record wants on a bag. ``enclosed`` are (药名, 粉服/烊化/…) packed beside the liquor."""

    code: str
    patient: str
    institution: str
    department: str
    route: Route
    doses: int
    packs: int
    ml_a_pack: int
    times_a_day: int
    timing: str
    storage: str
    decocted_at: datetime
    use_before: datetime
    centre: str
    checker: str
    phone: str
    enclosed: tuple[tuple[str, str], ...] = ()
    masked: bool = False


@dataclass(frozen=True, slots=True)
class ShelfLabel:
    """货位签: a drawer or shelf with the lot in it."""

    code: str
    herb: str
    place: str
    lot: str
    maker: str
    origin: str
    expires: date
    warning: str = ""


@dataclass(frozen=True, slots=True)
class PotLabel:
    """锅签: on the decoction machine."""

    code: str
    name: str
    centre: str
    route: Route
    herb_grams: int
    water_ml: int


@dataclass(frozen=True, slots=True)
class ParcelLabel:
    """配送签: on a courier's parcel. ``part`` of ``parts`` parcels; ``bags`` in this one."""

    code: str
    receiver: str
    phone: str
    address: str
    district: str
    round: str
    departs_at: datetime
    bags: int
    storage: str
    centre: str
    part: int = 1
    parts: int = 1
    masked: bool = False


@dataclass(frozen=True, slots=True)
class SampleLabel:
    """留样签: on the bags kept of a batch. ``code`` is the sample's own."""

    code: str
    prescription: str
    centre: str
    bags: int
    place: str
    kept_at: datetime
    keep_until: datetime
    keeper: str


Label = SampleLabel | TubLabel | BagLabel | ShelfLabel | PotLabel | ParcelLabel

NARROW: dict[type, Stock] = {
    TubLabel: Stock(58, 60),
    BagLabel: Stock(58, 80),
    ShelfLabel: Stock(58, 40),
    PotLabel: Stock(58, 40),
    ParcelLabel: Stock(58, 60),
    SampleLabel: Stock(58, 40),
}
WIDE: dict[type, Stock] = {
    TubLabel: Stock(100, 60),
    BagLabel: Stock(100, 80),
    ShelfLabel: Stock(100, 50),
    PotLabel: Stock(100, 50),
    ParcelLabel: Stock(100, 80),
    SampleLabel: Stock(100, 50),
}
