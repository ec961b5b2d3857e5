"""What holds between vaccines: how long one waits after another, looked up in one history."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date

from kangqu.systems.vaccination.forecast.person import Dose
from kangqu.systems.vaccination.forecast.reasons import Reason
from kangqu.systems.vaccination.forecast.schedule import Effect, Gap
from kangqu.systems.vaccination.forecast.shelf import Shelf
from kangqu.systems.vaccination.forecast.spans import plus


class Between:
    """The days, in order, on which something was given that others have to wait after."""

    __slots__ = ("_as_of", "_days", "_shelf")

    def __init__(self, given: Sequence[Dose], shelf: Shelf, as_of: date) -> None:
        self._shelf = shelf
        self._as_of = as_of
        self._days: dict[Gap, list[date]] = {}
        for gap in shelf.gaps:
            days = [dose.on for dose in given if dose.product in gap.after]
            if days:
                self._days[gap] = days

    def broken(self, dose: Dose) -> list[tuple[Effect, Reason]]:
        """The gaps that ``dose`` did not keep."""
        return [
            (gap.effect, Reason("TOO_SOON_AFTER", gap.id, gap.source, free, because=gap.words))
            for gap in self._shelf.gaps_of.get(dose.product, ())
            if (free := self._free(gap, dose.on)) is not None and free > dose.on
        ]

    def _free(self, gap: Gap, on: date) -> date | None:
        """The day from which ``gap`` is kept, of what was given before ``on`` (and on it, if one day is too soon)."""
        days = self._days.get(gap)
        if not days:
            return None
        before = bisect_left(days, on) if gap.same_day else bisect_right(days, on)
        return plus(days[before - 1], gap.wait) if before else None

    def holds(self, product: str, base: date) -> list[tuple[date, Gap]]:
        """Gaps that put an offer of ``product``, else possible from ``base``, off until a day.

        What was given on the day judged itself does not hold up what may be given along with it that day.
        """
        found = []
        for gap in self._shelf.holding.get(product, ()):
            days = self._days.get(gap)
            if not days:
                continue
            last = days[-1]
            if last == self._as_of and gap.same_day and base <= last:
                before = bisect_left(days, last)
                if not before:
                    continue
                last = days[before - 1]
            found.append((plus(last, gap.wait), gap))
        return found
