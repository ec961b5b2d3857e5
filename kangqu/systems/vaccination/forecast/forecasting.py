"""The forecast put together: every series of the programmes asked for, what holds between them, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kangqu.systems.vaccination.forecast.ahead import Wishes, later_doses, look_ahead
from kangqu.systems.vaccination.forecast.answer import Forecast, Judged, Missing, SeriesForecast, Status, Validity
from kangqu.systems.vaccination.forecast.between import Between
from kangqu.systems.vaccination.forecast.judging import Reading, judge
from kangqu.systems.vaccination.forecast.person import ASKED_AS, Asked, Dose, facts_of
from kangqu.systems.vaccination.forecast.products import PRODUCTS
from kangqu.systems.vaccination.forecast.reasons import Reason
from kangqu.systems.vaccination.forecast.schedule import Bar, Effect, Family
from kangqu.systems.vaccination.forecast.shelf import Shelf, shelf_of

_OPEN = frozenset({Status.DUE, Status.OVERDUE, Status.FUTURE, Status.ASK})
_NOW = frozenset({Status.DUE, Status.OVERDUE})
Given = Sequence[tuple[int, Dose]]


def forecast(asked: Asked) -> Forecast:
    """What the schedules say of somebody on the day judged.

    Facts in, finding out: no database, no clock, no chance; the order of the history does not matter. Each dose is judged
    by the version in force on the day it was given, what comes next by the version in force on the day judged.
    """
    shelf = shelf_of(asked.programmes)
    facts = facts_of(asked.person, asked.as_of)
    ordered = sorted(enumerate(asked.history), key=lambda each: (each[1].on, each[1].product, each[0]))
    given = [each for each in ordered if each[1].on <= asked.as_of]
    between = Between([dose for _, dose in given], shelf, asked.as_of)
    bars, unjudged = bars_of(shelf, asked, facts)
    wishes = Wishes(asked.as_of, bars, asked.preferred)
    lacking: dict[str, list[str]] = {}
    answers: dict[str, bool | None] = {}
    told, not_in_force = [], []
    for family in shelf.families:
        if family.versions[0].starts > asked.as_of:
            not_in_force.append(f"{family.programme}:{family.series}")
            continue
        reading = Reading(family, asked.person.born, facts, between, answers)
        told.append(_series(reading, [each for each in given if each[1].product in family.adds], wishes, lacking))
    _lacking_of_bars(told, unjudged, facts, lacking)
    missing = tuple(Missing(fact, tuple(dict.fromkeys(rules))) for fact, rules in sorted(lacking.items()))
    other = _other(shelf, ordered, asked, between)
    return Forecast(asked.as_of, tuple(told), other, _advice(shelf, facts, told), missing, tuple(not_in_force))


def _series(reading: Reading, given: Given, wishes: Wishes, lacking: dict[str, list[str]]) -> SeriesForecast:
    family = reading.family
    standing, doses = judge(reading, given)
    version = family.on(wishes.as_of)
    ahead = look_ahead(reading, version, standing, wishes, wishes.as_of)
    later = later_doses(reading, version, standing, ahead, wishes) if ahead.status in _OPEN else ()
    if ahead.status in _OPEN:
        for fact, rules in ahead.lacking.items():
            lacking.setdefault(ASKED_AS.get(fact, fact), []).extend(rules)
    full_on = standing.full_on or (standing.counted_on if ahead.status is Status.COMPLETE else None)
    return SeriesForecast(
        programme=family.programme,
        series=family.series,
        zh=family.zh,
        en=family.en,
        version=version.label,
        historical=family.historical,
        status=ahead.status,
        doses=doses,
        counted=standing.counted,
        next=ahead.next,
        alternatives=ahead.alternatives,
        later=later,
        reasons=ahead.reasons,
        full_course_on=full_on,
    )


def bars_of(shelf: Shelf, asked: Asked, facts: Mapping[str, Any]) -> tuple[dict[str, Bar], list[Bar]]:
    """The bar that holds for each product (a lasting one before a passing one), and the bars that lack a fact."""
    held: dict[str, Bar] = {}
    unjudged = []
    for bar in shelf.bars:
        if bar.allergy:
            products: Iterable[str] = _allergic(asked.person.severe_allergy) if asked.person.severe_allergy else ()
        else:
            answer = bar.row.holds(facts)
            if answer is None:
                unjudged.append(bar)
            products = bar.products if answer else ()
        for code in products:
            if bar.effect is not Effect.NOTE and (code not in held or bar.effect is Effect.NEVER):
                held[code] = bar
    return held, unjudged


def _allergic(codes: frozenset[str]) -> frozenset[str]:
    """The products that share a part with one of ``codes``."""
    parts = frozenset().union(*(PRODUCTS[code].acts_as for code in codes))
    return frozenset(code for code, product in PRODUCTS.items() if product.acts_as & parts)


def _lacking_of_bars(
    told: list[SeriesForecast], unjudged: list[Bar], facts: Mapping[str, Any], lacking: dict[str, list[str]]
) -> None:
    """Facts about contraindications, where a vaccine they bear on may be given today."""
    offered = {each.next.vaccine for each in told if each.next is not None and each.next.today}
    for bar in unjudged:
        if bar.products & offered:
            for fact in bar.row.lacks(facts):
                lacking.setdefault(ASKED_AS.get(fact, fact), []).append(bar.id)


def _other(shelf: Shelf, ordered: Given, asked: Asked, between: Between) -> tuple[Judged, ...]:
    """Doses no series asked about counts, and those after the day judged."""
    counted: set[str] = set()
    for family in shelf.families:
        if family.versions[0].starts <= asked.as_of:
            counted.update(family.adds)
    told = []
    for position, dose in ordered:
        if dose.on > asked.as_of:
            told.append(_aside(position, dose, Validity.NOT_COUNTED, (Reason("AFTER_AS_OF"),)))
        elif dose.product not in counted:
            broken = between.broken(dose)
            invalid = tuple(reason for effect, reason in broken if effect is Effect.INVALID)
            notes = tuple(Reason("NOTE", each.rule, each.source, because=each.because) for _, each in broken)
            validity = Validity.INVALID_GAP if invalid else Validity.NOT_COUNTED
            told.append(_aside(position, dose, validity, invalid or (Reason("NO_SERIES"), *notes)))
    return tuple(told)


def _aside(position: int, dose: Dose, validity: Validity, reasons: tuple[Reason, ...]) -> Judged:
    return Judged(position, dose.product, dose.on, validity, None, "", reasons)


def _advice(shelf: Shelf, facts: Mapping[str, Any], told: list[SeriesForecast]) -> tuple[Reason, ...]:
    by_series: dict[str, SeriesForecast] = {each.series: each for each in told}
    together = sum(1 for each in told if each.status in _NOW) > 1
    found = []
    for each in shelf.advice:
        about = by_series.get(each.series)
        if (each.series and about is None) or (each.due_together and not together):
            continue
        if about is not None and not _concerns(each.before_dose, each.when_complete, each.due_together, about):
            continue
        if each.row.holds(facts):
            found.append(Reason("RULE", each.id, each.row.source, because=each.words))
    return tuple(found)


def _concerns(before_dose: int | None, when_complete: bool, due_together: bool, about: SeriesForecast) -> bool:
    if when_complete:
        return about.status is Status.COMPLETE
    if about.status not in _OPEN or (due_together and about.status not in _NOW):
        return False
    return before_dose is None or (about.next is not None and about.next.number == before_dose)


def families_of(programmes: frozenset[str]) -> tuple[Family, ...]:
    """The series a question about ``programmes`` is answered with."""
    return shelf_of(programmes).families
