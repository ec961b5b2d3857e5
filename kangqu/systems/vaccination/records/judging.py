"""Whether a product may be given on a day, and what every dose of a history counts as. Pure: the forecaster answers both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from kangqu.systems.vaccination.forecast.permitting import obstacles, offered
from kangqu.systems.vaccination.records.questions import DECIDABLE, JUDGED_BY

_FAR: Final = date(2199, 12, 31)
_OPEN: Final = frozenset({Status.DUE, Status.OVERDUE, Status.FUTURE})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a product may be given. ``decidable``: not by itself, but a doctor may decide so. ``zh``, ``en`` say why not."""

    may: bool
    decidable: bool = False
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """What one dose of a history (``position``) counts as in one series; whether it completed the full course, or came after that."""

    position: int
    programme: str
    series: str
    number: int | None
    validity: Validity
    version: str
    late: bool
    completes: bool = False
    boosts: bool = False


@lru_cache(maxsize=8)
def _adds(programmes: frozenset[str]) -> Mapping[tuple[str, str], frozenset[str]]:
    """Which products each series counts."""
    return {(each.programme, each.series): frozenset(each.adds) for each in families_of(programmes)}


def may_give(person: Person, history: Sequence[Dose], product: str, day: date) -> Verdict:
    """Whether ``product`` may be given on ``day``: offered by one series at least, barred and put off by nothing.

    A combined vaccine is offered where it counts in a series that is open and offers what it counts as.

    What no schedule speaks of (rabies after a bite) is not held back by one.
    """
    asked = Asked(
        person=person, as_of=day, history=tuple(history), programmes=JUDGED_BY, preferred=frozenset({product})
    )
    against = obstacles(asked, product)
    if against:
        return Verdict(
            False, all(code == "POSTPONE" for code, _ in against), *_said([each for _, each in against], product)
        )
    adds = _adds(JUDGED_BY)
    about = [each for each in forecast(asked).series if product in adds[each.programme, each.series]]
    offers = [(each, one) for each in about for one in _offers(each, product)]
    if any(one.today for _, one in offers) or not about or _counts_in_one(asked, about, product):
        return Verdict(True)
    told = [reason for each, one in offers for reason in (*one.reasons, *each.reasons)]
    told = told or [reason for each in about for reason in each.reasons]
    decidable = any(each.status in DECIDABLE for each in about)
    return Verdict(False, decidable, *_said(told, product))


def _counts_in_one(asked: Asked, about: Sequence[SeriesForecast], product: str) -> bool:
    """Whether the dose would count, as one that is offered, in one of the series that are open."""
    still = {(each.programme, each.series) for each in about if each.status in _OPEN}
    if not still:
        return False
    dose = Dose(product, asked.as_of)
    after = forecast(replace(asked, history=(*asked.history, dose)))
    place = len(asked.history)
    return any(
        judged.position == place and offered(judged, asked.programmes)
        for each in after.series
        if (each.programme, each.series) in still
        for judged in each.doses
    )


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
            place == last, last is not None and place > last and dose.number is not None,
        )
        for each in found.series
        for last in (_completed_by(each),)
        for place, dose in enumerate(each.doses)
    ]  # fmt: skip
    told += [Count(dose.position, "", "", None, dose.validity, dose.version, False) for dose in found.other]
    return told


def _completed_by(series: SeriesForecast) -> int | None:
    """The place, among the doses as they were judged, of the one that completed the full course; or None."""
    on = series.full_course_on
    if on is None:
        return None
    return max((place for place, each in enumerate(series.doses) if each.on == on and each.number), default=None)


def due(person: Person, history: Sequence[Dose], day: date) -> list[SeriesForecast]:
    """The series in which something may be given on ``day``, the most urgent first."""
    found = forecast(Asked(person=person, as_of=day, history=tuple(history), programmes=JUDGED_BY))
    open_now = [each for each in found.series if not each.historical and each.next is not None and each.next.today]
    return sorted(
        open_now, key=lambda each: (each.status is not Status.OVERDUE, each.next.overdue or _FAR if each.next else _FAR)
    )
