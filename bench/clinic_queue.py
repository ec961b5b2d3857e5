"""Waiting times as they are told at check-in beside those that came, on simulated clinic days through the pure rules.

Each day has a doctor with a usual pace, who is faster or slower today; patients come about their slots, some late, some are sent for
tests and come back, some do not answer. Told: ``day.estimate`` with the place of ``day.order``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median

from bench.measure import Figure, options, report
from kangqu.systems.appointments.day.estimate import Wait, pace_of, wait_of
from kangqu.systems.appointments.day.order import Rules, Waiting, in_order, turn_of

START = datetime.fromisoformat("2026-12-01T08:00+08:00")
SLOTS = [START + timedelta(minutes=30 * n) for n in range(8)]
RULES = Rules()


@dataclass
class Day:
    """One session as it goes: who waits, what was told, what came."""

    rng: random.Random
    usual: list[float]
    mean: float
    now: datetime = START
    waiting: list[Waiting] = field(default_factory=list)
    told: dict[int, tuple[Wait, datetime]] = field(default_factory=dict)
    ended: list[float] = field(default_factory=list)
    wrong: list[tuple[Wait, float]] = field(default_factory=list)
    tests: list[tuple[datetime, Waiting]] = field(default_factory=list)
    room_since: datetime | None = None

    def consultation(self) -> float:
        return min(60.0, self.rng.lognormvariate(0, 0.5) * self.mean / 1.133)

    def come(self, until: datetime, coming: list[Waiting]) -> None:
        """Whoever came until then waits, and is told how long."""
        while coming and coming[0].came_at <= until:
            one = coming.pop(0)
            self.waiting.append(one)
            ahead = in_order(self.waiting, RULES).index(one)
            inside = [(one.came_at - self.room_since).total_seconds() / 60] if self.room_since else []
            begins = max(0.0, (START - one.came_at).total_seconds() / 60)
            ended = self.ended[:-1] if inside else self.ended  # who is inside is not through yet
            pace = pace_of(ended, self.usual, 8)
            self.told[one.number] = (wait_of(ahead, pace, begins_in=begins, in_room=inside), one.came_at)
        for back in [each for each in self.tests if each[0] <= until]:
            self.tests.remove(back)
            self.waiting.append(replace(back[1], back=True, since=back[0], calls_since=0))

    def call(self) -> None:
        """The next is called; one in twenty-five does not answer, one in eight is sent for tests."""
        one = in_order(self.waiting, RULES)[0]
        self.waiting.remove(one)
        self.waiting = [
            replace(each, calls_since=each.calls_since + 1) if each.since else each for each in self.waiting
        ]
        if one.number in self.told:
            wait, came = self.told.pop(one.number)
            self.wrong.append((wait, (self.now - came).total_seconds() / 60))
        if self.rng.random() < 0.04 and one.passes < 3:
            self.waiting.append(replace(one, back=False, passes=one.passes + 1, since=self.now, calls_since=0))
            self.now += timedelta(minutes=1)
            return
        took, self.room_since = self.consultation() * (0.5 if one.back else 1), self.now
        self.now += timedelta(minutes=took)
        self.ended.append(took)
        if not one.back and self.rng.random() < 0.12:
            self.tests.append((self.now + timedelta(minutes=self.rng.uniform(20, 50)), one))


def a_day(seed: str) -> list[tuple[Wait, float]]:
    """What was told and what came, of one session of 32 patients."""
    rng = random.Random(seed)
    habit = rng.uniform(4.5, 8.5)
    usual = [min(60.0, rng.lognormvariate(0, 0.5) * habit / 1.133) for _ in range(200)]
    day = Day(rng, usual, habit * rng.uniform(0.8, 1.3))
    coming = sorted((_patient(rng, n) for n in range(32)), key=lambda one: one.came_at)
    day.come(START, coming)
    while coming or day.waiting or day.tests:
        if not day.waiting:
            day.room_since = None
            day.now = min([each.came_at for each in coming[:1]] + [back for back, _ in day.tests])
            day.come(day.now, coming)
        day.call()
        day.come(day.now, coming)
    return day.wrong


def _patient(rng: random.Random, number: int) -> Waiting:
    slot = SLOTS[number // 4]
    came = slot + timedelta(minutes=rng.gauss(-8, 14))
    late = came > slot + timedelta(minutes=30)
    return Waiting(
        number=number, slot_at=slot, came_at=came, turn_at=turn_of(slot, came, SLOTS) if late else None,
        green=rng.random() < 0.02,
    )  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "clinic_queue",
        __doc__ or "",
        argv,
        ("--days", {"type": int, "default": 500}),
        ("--seed", {"type": int, "default": 1}),
    )
    told = [each for number in range(asked.days) for each in a_day(f"{asked.seed}/{number}")]
    errors = [abs(wait.minutes - real) for wait, real in told]
    flat = [abs(median(real for _, real in told) - real) for _, real in told]
    figures = [
        Figure("waits told", len(told), ""),
        Figure("mean absolute error", sum(errors) / len(errors), "min", at_most=10),
        Figure("mean absolute error of always telling the median", sum(flat) / len(flat), "min"),
        Figure("mean wait", sum(real for _, real in told) / len(told), "min"),
        Figure("within the interval", sum(wait.holds(real) for wait, real in told) / len(told), "", at_least=0.7),
    ]
    return report("clinic_queue", asked, figures)
