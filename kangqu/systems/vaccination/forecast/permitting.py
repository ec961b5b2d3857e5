"""What stands against giving a vaccine on a day, beside whether the dose would count: bars, and gaps that put it off."""

from __future__ import annotations

from functools import lru_cache

from kangqu.systems.vaccination.forecast.answer import Judged, Validity
from kangqu.systems.vaccination.forecast.between import Between
from kangqu.systems.vaccination.forecast.forecasting import bars_of
from kangqu.systems.vaccination.forecast.person import Asked, Dose, facts_of
from kangqu.systems.vaccination.forecast.reasons import Reason
from kangqu.systems.vaccination.forecast.schedule import Effect
from kangqu.systems.vaccination.forecast.shelf import shelf_of


def obstacles(asked: Asked, product: str) -> tuple[tuple[str, Reason], ...]:
    """Why ``product`` is not given on ``asked.as_of``: (NEVER or POSTPONE, contraindication), (GAP, given too shortly before)."""
    shelf = shelf_of(asked.programmes)
    found: list[tuple[str, Reason]] = []
    bar = bars_of(shelf, asked, facts_of(asked.person, asked.as_of))[0].get(product)
    if bar is not None:
        found.append((bar.effect.value, Reason("BARRED", bar.id, bar.row.source, because=bar.words)))
    given = [dose for dose in asked.history if dose.on <= asked.as_of]
    between = Between(sorted(given, key=lambda each: each.on), shelf, asked.as_of)
    broken = between.broken(Dose(product, asked.as_of))
    return (*found, *(("GAP", reason) for effect, reason in broken if effect is not Effect.NOTE))


def offered(judged: Judged, programmes: frozenset[str]) -> bool:
    """Whether a dose that counts is one the schedule offers, and does not only count when it was given."""
    first = judged.reasons[0] if judged.reasons else None
    if judged.validity is not Validity.VALID or first is None or first.code == "VALID_SHORT":
        return False
    return first.rule not in _counted_only(programmes)


@lru_cache(maxsize=64)
def _counted_only(programmes: frozenset[str]) -> frozenset[str]:
    return frozenset(
        rule.id
        for family in shelf_of(programmes).families
        for version in family.versions
        for rule in version.rules
        if not rule.offered
    )
