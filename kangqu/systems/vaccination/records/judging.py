"""Whether a product may be given on a day, and what every dose of a history counts as. Pure: the forecaster answers both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from kangqu.systems.vaccination.forecast import (
    PRODUCTS,
    Asked,
    Dose,
    Next,
    Person,
    Reason,
    SeriesForecast,
    Status,
    Validity,
    forecast,
)
from kangqu.systems.vaccination.forecast.forecasting import families_of
from kangqu.systems.vaccination.records.questions import DECIDABLE, JUDGED_BY

_FAR: Final = date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a product may be given. ``decidable``: not by itself, but a doctor may decide so. ``zh``, ``en`` say why not."""

    may: bool
    decidable: bool = False
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """What one dose of a history (``position``) counts as in one series."""

    position: int
    programme: str
    series: str
    number: int | None
    validity: Validity
    version: str
    late: bool


@lru_cache(maxsize=8)
def _adds(programmes: frozenset[str]) -> Mapping[tuple[str, str], frozenset[str]]:
    """Which products each series counts."""
    return {(each.programme, each.series): frozenset(each.adds) for each in families_of(programmes)}


def may_give(person: Person, history: Sequence[Dose], product: str, day: date) -> Verdict:
    """Whether ``product`` may be given on ``day``: offered by one series at least, barred by none.

    What no schedule speaks of (rabies after a bite) is not held back by one.
    """
    asked = Asked(
        person=person, as_of=day, history=tuple(history), programmes=JUDGED_BY, preferred=frozenset({product})
    )
    adds = _adds(JUDGED_BY)
    about = [each for each in forecast(asked).series if product in adds[each.programme, each.series]]
    offers = [(each, one) for each in about for one in _offers(each, product)]
    if any(one.today for _, one in offers) or not about:
        return Verdict(True)
    told = [reason for each, one in offers for reason in (*one.reasons, *each.reasons)]
    told = told or [reason for each in about for reason in each.reasons]
    decidable = any(each.status in DECIDABLE for each in about)
    return Verdict(False, decidable, *_said(told, product))


def _offers(series: SeriesForecast, product: str) -> list[Next]:
    return [one for one in (series.next, *series.alternatives) if one is not None and one.vaccine == product]


def _said(reasons: Sequence[Reason], product: str) -> tuple[str, str]:
    """The reasons in one line each, without repeating; where there is none, that the product is not called for."""
    told = [each for each in reasons if each.code != "PREFERRED"]
    zh, en = list(dict.fromkeys(each.zh for each in told)), list(dict.fromkeys(each.en for each in told))
    name = PRODUCTS[product]
    return "；".join(zh) or f"现在不需要接种{name.zh}", "; ".join(en) or f"{name.en} is not called for now"


def counts_of(person: Person, history: Sequence[Dose], day: date) -> list[Count]:
    """What every dose of a history counts as on ``day``, in every series that is in force then and judges it."""
    if not history:
        return []
    found = forecast(Asked(person=person, as_of=day, history=tuple(history), programmes=JUDGED_BY))
    told = [
        Count(
            dose.position, each.programme, each.series, dose.number, dose.validity, dose.version,
            any(reason.code == "VALID_LATE" for reason in dose.reasons),
        )
        for each in found.series
        for dose in each.doses
    ]  # fmt: skip
    told += [Count(dose.position, "", "", None, dose.validity, dose.version, False) for dose in found.other]
    return told


def due(person: Person, history: Sequence[Dose], day: date) -> list[SeriesForecast]:
    """The series in which something may be given on ``day``, the most urgent first."""
    found = forecast(Asked(person=person, as_of=day, history=tuple(history), programmes=JUDGED_BY))
    open_now = [each for each in found.series if not each.historical and each.next is not None and each.next.today]
    return sorted(
        open_now, key=lambda each: (each.status is not Status.OVERDUE, each.next.overdue or _FAR if each.next else _FAR)
    )
