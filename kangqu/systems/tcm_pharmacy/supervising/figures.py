"""The figures of a pharmacy and a day, of many, and what is made of them. Pure; whole numbers only, so that they add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

from kangqu.systems.tcm_pharmacy.board.stations import Station

HOURS: Final = 24
STEPS: Final[Mapping[str, Station]] = {
    "approve": Station.REVIEW,
    "second_sign": Station.REVIEW,
    "return_to_doctor": Station.REVIEW,
    "dispense": Station.DISPENSE,
    "check": Station.CHECK,
    "soak": Station.SOAK,
    "draw_off": Station.BOIL,
    "pack": Station.PACK,
    "release_bags": Station.RELEASE,
    "hand_out": Station.HAND_OUT,
    "deliver": Station.COURIER,
}
"""The steps that a station finishes one with. What was made anew is counted each time it was made."""
DECIDING: Final = ("approve", "second_sign", "return_to_doctor")
CLOSING: Final = ("hand_out", "deliver")
GRAVE: Final = ("DOUBLE_SIGN", "BLOCK")
"""Severities of a review that speak against a prescription as it stands, whatever was found."""


@dataclass(slots=True)
class Doctor:
    """What was decided of one doctor's prescriptions: all, with findings, of these overridden by two signatures, returned;
    ``lacking``: where the hospital left out facts."""

    name: str
    decided: int = 0
    found: int = 0
    overridden: int = 0
    returned: int = 0
    lacking: int = 0


@dataclass(slots=True)
class Figures:
    """``hours``: finished at each station in each hour of the day. ``late``: minutes past the first promise (none or less:
    kept) → how many. ``unpromised``: handed over without one. ``grounds``: of returns."""

    received: int = 0
    hours: dict[str, list[int]] = field(default_factory=dict)
    late: Counter[int] = field(default_factory=Counter)
    unpromised: int = 0
    grounds: Counter[str] = field(default_factory=Counter)
    doctors: dict[str, Doctor] = field(default_factory=dict)

    def finished(self, station: Station) -> int:
        return sum(self.hours.get(station.value, ()))

    @property
    def handed(self) -> int:
        return self.promised + self.unpromised

    @property
    def promised(self) -> int:
        return sum(self.late.values())

    @property
    def on_time(self) -> int:
        return sum(count for minutes, count in self.late.items() if minutes <= 0)

    @property
    def late_count(self) -> int:
        return self.promised - self.on_time

    @property
    def decided(self) -> int:
        return sum(each.decided for each in self.doctors.values())

    @property
    def returned(self) -> int:
        return sum(self.grounds.values())

    @property
    def found(self) -> int:
        return sum(each.found for each in self.doctors.values())

    @property
    def lacking(self) -> int:
        return sum(each.lacking for each in self.doctors.values())

    @property
    def overridden(self) -> int:
        return sum(each.overridden for each in self.doctors.values())

    def count(self, figure: str) -> int:
        """How many a figure counts; ``figure`` is a station or one of the names below."""
        if figure in Station._value2member_map_:
            return self.finished(Station(figure))
        named = {"late": self.late_count, "on_time": self.on_time, "handed": self.handed, "decided": self.decided,
                 "returned": self.returned, "found": self.found, "lacking": self.lacking, "overridden": self.overridden}  # fmt: skip
        return named[figure] if figure in named else int(getattr(self, figure))

    def late_at(self, share: float) -> int | None:
        """By how many minutes at most so large a share of the late ones was late (nearest rank); None when none was."""
        late = sorted((minutes, count) for minutes, count in self.late.items() if minutes > 0)
        rank, seen = ceil(share * sum(count for _, count in late)), 0
        for minutes, count in late:
            seen += count
            if seen >= rank:
                return minutes
        return None

    def finish(self, station: Station, hour: int, count: int) -> None:
        self.hours.setdefault(station.value, [0] * HOURS)[hour] += count

    def add(self, other: Figures) -> None:
        """Add another pharmacy's or day's figures to these."""
        self.received += other.received
        self.unpromised += other.unpromised
        self.late.update(other.late)
        self.grounds.update(other.grounds)
        for station, hours in other.hours.items():
            mine = self.hours.setdefault(station, [0] * HOURS)
            self.hours[station] = [a + b for a, b in zip(mine, hours, strict=True)]
        for licence, doctor in other.doctors.items():
            mine_too = self.doctors.setdefault(licence, Doctor(doctor.name))
            mine_too.decided += doctor.decided
            mine_too.found += doctor.found
            mine_too.overridden += doctor.overridden
            mine_too.returned += doctor.returned
            mine_too.lacking += doctor.lacking

    def as_data(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "received": self.received,
            "hours": self.hours,
            "late": {str(minutes): count for minutes, count in sorted(self.late.items())},
            "unpromised": self.unpromised,
            "grounds": dict(sorted(self.grounds.items())),
            "doctors": {
                licence: [each.name, each.decided, each.found, each.overridden, each.returned, each.lacking]
                for licence, each in sorted(self.doctors.items())
            },
        }


def read_figures(data: Mapping[str, Any]) -> Figures:
    """The figures of :meth:`Figures.as_data`."""
    return Figures(
        received=data["received"],
        hours={station: list(hours) for station, hours in data["hours"].items()},
        late=Counter({int(minutes): count for minutes, count in data["late"].items()}),
        unpromised=data["unpromised"],
        grounds=Counter(data["grounds"]),
        doctors={licence: Doctor(*row) for licence, row in data["doctors"].items()},
    )


def total(parts: Iterable[Figures]) -> Figures:
    """The figures of all of them together."""
    whole = Figures()
    for each in parts:
        whole.add(each)
    return whole
