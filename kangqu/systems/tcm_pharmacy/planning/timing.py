"""How long stages take and how much slack a promise has: data with its source in ``timing.toml``, overridden by who knows better."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Minutes:
    """Minutes of a stage: fixed, and tenths of a minute for each dose."""

    fixed: int
    tenths_a_dose: int = 0

    def __post_init__(self) -> None:
        if not (1 <= self.fixed <= 600 and 0 <= self.tenths_a_dose <= 600):
            raise ValueError("a stage takes 1 to 600 minutes, and 0 to 600 tenths a dose")

    def of(self, doses: int) -> int:
        """Whole minutes, rounded up."""
        return self.fixed + -(-self.tenths_a_dose * doses // 10)


@dataclass(frozen=True, slots=True)
class Timing:
    """Minutes of the stages with hands, of a pot, and the policy of promises."""

    review: Minutes
    dispense: Minutes
    check: Minutes
    pack: Minutes
    hand_out: Minutes
    least_soak: int
    charge: int
    heat_up: int
    between: int
    attend: int
    rinse: int
    clear: int
    slack_least: int
    slack_percent: int
    queue_percent: tuple[int, ...]  # of the minutes spent waiting for others, by rank
    round_to: int
    urgent_within: int
    weights: tuple[int, ...]  # of a late minute: 急煎, 加急, 病区, 普通

    def __post_init__(self) -> None:
        pot = (self.least_soak, self.heat_up, self.between, self.attend, self.rinse, self.clear)
        if any(not 0 <= each <= 600 for each in pot) or not 1 <= self.charge <= 600:
            raise ValueError("minutes of a pot are 0 to 600, charging takes at least 1")
        if self.slack_least < 0 or self.slack_percent < 0 or self.round_to < 1:
            raise ValueError("slack is not negative, and promises are rounded to a minute or more")

        if len(self.queue_percent) != 4 or min(self.queue_percent) < 0:
            raise ValueError("four shares of the waiting, none negative")
        if len(self.weights) != 4 or min(self.weights) < 0:
            raise ValueError("four weights of a late minute, none negative")

    def slack(self, minutes: int, waits: int = 0, rank: int = 0) -> int:
        """How much later than planned something that lies ``minutes`` ahead may be, ``waits`` of them spent waiting for others."""
        queue = -(-max(0, waits) * self.queue_percent[rank] // 100)
        return max(self.slack_least, -(-minutes * self.slack_percent // 100)) + queue

    def rounded(self, minute: int) -> int:
        """A minute as it is promised: never earlier."""
        return -(-minute // self.round_to) * self.round_to

    def promise(self, planned: int, now: int, waits: int = 0, rank: int = 0) -> int:
        """The minute promised for what is planned for ``planned``: slack added, rounded up; never before ``planned``."""
        return self.rounded(planned + self.slack(planned - now, waits, rank))


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("timing.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def usual_timing() -> Timing:
    """The timing of ``timing.toml``."""
    table = _table()
    values: dict[str, Any] = {name: row["value"] for part in ("pot", "promise") for name, row in table[part].items()}
    values["queue_percent"] = tuple(values["queue_percent"])
    values |= {name: Minutes(row["fixed"], row["tenths_a_dose"]) for name, row in table["minutes"].items()}
    return Timing(**values, weights=tuple(table["late"]["weights"]["value"]))


def usual_boils(category: str) -> tuple[int, int]:
    """Minutes of the first and the second boil of a class of DC5 to DC8. ``KeyError`` for an unknown one."""
    row = _table()["boil"][category]
    return row["first"], row["first"] * row["second_percent"] // 100
