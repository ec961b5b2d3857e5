"""What devices report and are answered, and the limits within which a report is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refusal, Refused
from kangqu.kernel.rules.policy import PolicyBook, edition, load_policies

POLICIES: Final[PolicyBook] = load_policies("kangqu.systems.venue_check")


class Seen(NamedTuple):
    """What a device reports: its own key, the scanned code or the resident's public code, when, and how warm."""

    key: str
    at: datetime
    institution_id: int
    station_id: int | None
    text: str | None = None
    resident: str | None = None
    degrees: float | None = None


class Answer(NamedTuple):
    """What became of one report. Nothing is kept of a refused one; a repeated one was kept before."""

    key: str
    presence_id: int | None = None
    repeated: bool = False
    flags: tuple[str, ...] = ()
    refused: Refused | None = None

    @property
    def why(self) -> Refusal | None:
        return self.refused.why if self.refused else None


@dataclass(frozen=True, slots=True)
class Limits:
    future: timedelta
    age: timedelta
    least: int
    most: int
    fever: int


def limits_on(at: datetime) -> Limits:
    """The limits in force on the city's day of ``at``."""
    return _limits(city_day(at), edition())


@lru_cache(maxsize=32)
def _limits(day: date, _edition: int) -> Limits:
    def value(name: str) -> int:
        return int(POLICIES.value(f"presence.{name}", on=day))

    return Limits(
        timedelta(seconds=value("future_seconds")),
        timedelta(hours=value("age_hours")),
        value("temperature_least"),
        value("temperature_most"),
        value("fever"),
    )
