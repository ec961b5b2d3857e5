"""The figures of a range: kept ones for days that are over, counted now for the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Count

from kangqu.kernel.basis.clock import day_ends, day_starts
from kangqu.systems.tcm_pharmacy.models import DayCounted, DaySum, Rating
from kangqu.systems.tcm_pharmacy.supervising.asked import Asked
from kangqu.systems.tcm_pharmacy.supervising.counting import Key, count_days
from kangqu.systems.tcm_pharmacy.supervising.figures import Figures, read_figures, total

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Overview:
    """Every pharmacy and day of a range, and the stars patients gave in it: pharmacy → how many of each."""

    asked: Asked
    days: dict[Key, Figures]
    stars: dict[int, dict[int, int]]

    @property
    def whole(self) -> Figures:
        return total(self.days.values())

    def of_pharmacy(self, pharmacy_id: int) -> Figures:
        return total(each for (pharmacy, _), each in self.days.items() if pharmacy == pharmacy_id)

    def of_day(self, day: date) -> Figures:
        return total(each for (_, on), each in self.days.items() if on == day)


def overview(asked: Asked) -> Overview:
    """The figures of what is asked. The viewer's door narrowed the pharmacies."""
    return Overview(asked, _figures(asked), _stars(asked))


def _figures(asked: Asked) -> dict[Key, Figures]:
    if not asked.places:
        return {}
    between = (asked.since, asked.until)
    kept = set(DayCounted.objects.filter(day__range=between).values_list("day", flat=True))
    sums = DaySum.objects.filter(pharmacy_id__in=asked.pharmacy_ids, day__range=between)
    found = {(row.pharmacy_id, row.day): read_figures(row.figures) for row in sums if row.day in kept}
    for first, last in _runs(day for day in _days(asked.since, asked.until) if day not in kept):
        found |= count_days(first, last, asked.pharmacy_ids)
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days in a row, as first and last of each row: each is counted at once."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] + _DAY == day:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _stars(asked: Asked) -> dict[int, dict[int, int]]:
    rows = (
        Rating.objects.filter(
            pharmacy_id__in=asked.pharmacy_ids,
            rated_at__gte=day_starts(asked.since),
            rated_at__lt=day_ends(asked.until),
        )
        .values_list("pharmacy_id", "stars")
        .annotate(Count("pk"))
    )
    found: dict[int, dict[int, int]] = {}
    for pharmacy, stars, count in rows:
        found.setdefault(pharmacy, {})[stars] = count
    return found
