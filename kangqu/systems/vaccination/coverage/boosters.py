"""Who is due for a booster: the closed cohort of a day. Pure; the table is ``boosters.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Final

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.rules.source import Mark, Source
from kangqu.systems.vaccination.coverage.refusals import CUT_OFF_TOO_LATE, NO_BOOSTER
from kangqu.systems.vaccination.forecast.spans import Span, plus, span

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Booster:
    """The booster of a series, from ``starts`` on: ``interval`` after the full course."""

    programme: str
    series: str
    interval: Span
    starts: date
    source: Source

    def due_from(self, completed_on: date) -> date:
        """The first day on which somebody who completed the full course on ``completed_on`` is due."""
        return plus(completed_on, self.interval)

    def last_cut_off(self, day: date) -> date:
        """The last day of completion whose interval is over on ``day``. Of a month's end it is the end of the earlier month."""
        found = date.fromordinal(day.toordinal() - 31 * self.interval.months - self.interval.days - 3)
        while self.due_from(found + _DAY) <= day:
            found += _DAY
        return found


def _read() -> tuple[Booster, ...]:
    rows = tomllib.loads(files(__package__).joinpath("boosters.toml").read_text("utf-8"))["booster"]
    return tuple(
        Booster(
            row["programme"], row["series"], span(row["interval"]), row["from"], Source(row["document"], "", Mark(row["mark"]))
        )
        for row in rows
    )  # fmt: skip


BOOSTERS: Final = _read()


def booster_of(programme: str, series: str, on: date, known: Iterable[Booster] = BOOSTERS) -> Booster:
    """The booster of a series as it stands on a day; ``Refused(NO_BOOSTER)`` where there is none."""
    mine = [each for each in known if (each.programme, each.series) == (programme, series) and each.starts <= on]
    if not mine:
        raise Refused(NO_BOOSTER, field="measure", series=series, day=on.isoformat())
    return max(mine, key=lambda each: each.starts)


def cut_off_of(programme: str, series: str, on: date, wanted: date | None = None) -> date:
    """The cut-off of a figure of ``on``: as wanted, if the interval of everybody in the cohort is over by then."""
    last = booster_of(programme, series, on).last_cut_off(on)
    if wanted is not None and wanted > last:
        raise Refused(CUT_OFF_TOO_LATE, field="cut_off", last=last.isoformat(), day=on.isoformat())
    return wanted or last
