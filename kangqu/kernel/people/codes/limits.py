"""The limits in force on a day, read from the policies once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.rules.policy import PolicyBook, edition, load_policies

POLICIES: Final[PolicyBook] = load_policies("kangqu.kernel.people.codes")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a code is good, and how wrong a clock may be."""

    valid: timedelta
    refresh: timedelta
    early: timedelta
    replay: timedelta
    paper_valid: timedelta
    scan_future: timedelta
    scan_age: timedelta

    def published(self) -> dict[str, int]:
        """The limits a reader without a network must know, in seconds."""
        return {
            "valid_seconds": int(self.valid.total_seconds()),
            "refresh_seconds": int(self.refresh.total_seconds()),
            "early_seconds": int(self.early.total_seconds()),
            "paper_valid_seconds": int(self.paper_valid.total_seconds()),
        }


@lru_cache(maxsize=32)
def _on(day: date, _edition: int) -> Limits:
    def value(name: str) -> Any:
        return POLICIES.value(f"code.{name}", on=day)

    return Limits(
        valid=timedelta(seconds=value("valid_seconds")),
        refresh=timedelta(seconds=value("refresh_seconds")),
        early=timedelta(seconds=value("early_seconds")),
        replay=timedelta(seconds=value("replay_seconds")),
        paper_valid=timedelta(days=value("paper_valid_days")),
        scan_future=timedelta(seconds=value("scan_future_seconds")),
        scan_age=timedelta(hours=value("scan_age_hours")),
    )


def limits_at(at: datetime) -> Limits:
    """The limits in force on the city's day of ``at``."""
    return _on(city_day(at), edition())
