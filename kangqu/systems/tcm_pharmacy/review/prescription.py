"""What is reviewed: the prescription as it was written, and the facts of patient and prescriber. None means "not known"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import ceil

from kangqu.systems.tcm_pharmacy.herbs import Handling


class Route(StrEnum):
    INTERNAL = "internal"  # 内服
    EXTERNAL = "external"  # 外用


class Form(StrEnum):
    DECOCTION = "decoction"  # 汤剂
    POWDER = "powder"  # 散剂
    GRANULE = "granule"  # 配方颗粒, grams of the herb it stands for


class Kind(StrEnum):
    ORDINARY = "ordinary"  # 普通
    EMERGENCY = "emergency"  # 急诊
    LONG_TERM = "long_term"  # 长期


class RecordKind(StrEnum):
    OUTPATIENT = "outpatient"  # 门诊
    ADMISSION = "admission"  # 入院
    DISCHARGE = "discharge"  # 出院
    OTHER = "other"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class Item:
    """One herb as written: its name, grams per dose (剂), and how it is to be handled."""

    name: str
    grams: float
    handling: tuple[Handling, ...] = ()


@dataclass(frozen=True, slots=True)
class Patient:
    """What is known of who takes it. A child's age may be given in months."""

    sex: Sex | None = None
    age_years: int | None = None
    age_months: int | None = None
    pregnant: bool | None = None
    lactating: bool | None = None
    menstruating: bool | None = None
    liver_impaired: bool | None = None
    kidney_impaired: bool | None = None
    glaucoma: bool | None = None
    tachycardia: bool | None = None
    bleeding: bool | None = None
    haemoptysis: bool | None = None
    athlete: bool | None = None

    @property
    def years(self) -> int | None:
        """Whole years, from whichever age was given."""
        if self.age_years is not None:
            return self.age_years
        return None if self.age_months is None else self.age_months // 12


@dataclass(frozen=True, slots=True)
class Prescription:
    """One TCM prescription as it is presented on ``today``.

    ``doses``: number of doses (剂); ``doses_per_day``: doses taken a day; ``times_per_day``: takings a day;
    ``extension_days``: by which the prescriber extended its validity; ``reason``: why it is for longer than normal;
    ``packs_per_dose`` and ``ml_per_pack``: the liquor ordered; ``narcotic_right`` and ``toxic_right``: the prescriber's, None where it is not known;
    ``poppy_days_before``: days just before on which the patient took poppy husk; ``taking``: 温服, 饭前 ….
    """

    items: tuple[Item, ...]
    doses: int
    issued_on: date
    today: date
    doses_per_day: float = 1
    times_per_day: int | None = None
    route: Route = Route.INTERNAL
    form: Form = Form.DECOCTION
    kind: Kind = Kind.ORDINARY
    extension_days: int = 0
    reason: str = ""
    taking: str = ""
    patient: Patient = field(default_factory=Patient)
    diagnoses: tuple[str, ...] = ()
    record: RecordKind | None = None
    narcotic_right: bool | None = None
    toxic_right: bool | None = None
    poppy_days_before: int | None = None
    packs_per_dose: int | None = None
    ml_per_pack: int | None = None

    @property
    def days(self) -> int:
        """For how many days it is enough; a day begun counts."""
        return max(1, ceil(self.doses / self.doses_per_day - 1e-9))

    @property
    def packs(self) -> int | None:
        """How many packs of liquor are made in all."""
        return None if self.packs_per_dose is None else self.doses * self.packs_per_dose
