"""Short ways to ask the forecaster in tests: days as words, doses as "DTAP 2024-04-15"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from kangqu.systems.vaccination.forecast import Asked, Dose, Forecast, Person, SeriesForecast, forecast


def day(text: str) -> date:
    return date.fromisoformat(text)


def doses(written: Iterable[str]) -> tuple[Dose, ...]:
    parts = (each.split() for each in written)
    return tuple(Dose(product, day(on)) for product, on in parts)


def told(
    born: str,
    as_of: str,
    *given: str,
    programmes: Iterable[str] = ("national",),
    prefer: Iterable[str] = (),
    **facts: Any,
) -> Forecast:
    person = Person(day(born), **facts)
    return forecast(Asked(person, day(as_of), doses(given), frozenset(programmes), frozenset(prefer)))


def series(name: str, *args: Any, **facts: Any) -> Any:
    """One series of what is told: a ``SeriesForecast``, whose next dose the tests know to be there."""
    return next(each for each in told(*args, **facts).series if each.series == name)


def dose(found: Any, on: str) -> Any:
    """What was said of the dose given on a day."""
    return next(each for each in found.doses if each.on == day(on))


def plan(found: SeriesForecast) -> list[tuple[str, int, str]]:
    """The next dose and the later ones: vaccine, number, recommended day."""
    ahead = ([found.next] if found.next else []) + list(found.later)
    return [(each.vaccine, each.number, each.recommended.isoformat()) for each in ahead]


def codes(found: SeriesForecast) -> list[str]:
    return [reason.code for reason in (*found.reasons, *(found.next.reasons if found.next else ()))]
