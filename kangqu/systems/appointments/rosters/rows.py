"""The rows of a roster as they are asked for: judged before anything is kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import combinations
from typing import Any, Final

from kangqu.kernel.basis.refusals import Refused, Words
from kangqu.kernel.capacity.kinds import CHANNELS
from kangqu.kernel.capacity.models import LONGEST_SLOT
from kangqu.systems.appointments.rosters.refusals import BAD_ROW, ROWS_OVERLAP

MOST_ROWS: Final = 60
MOST_SEATS: Final = 50  # of one channel in one slot
SHORTEST: Final = 5  # minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Every week from ``since`` until ``until``: when, how long a slot is, how many seats of each channel a slot has.

    ``weekday`` is 1 for Monday to 7 for Sunday; 0 in a row of one day.
    """

    weekday: int
    begins: time
    ends: time
    slot_minutes: int
    quotas: Mapping[str, int] = field(default_factory=dict)
    off_peak: bool = False
    since: date = date.min
    until: date | None = None

    def as_kept(self) -> dict[str, Any]:
        """As an exception keeps it."""
        return {
            "begins": self.begins.isoformat("minutes"), "ends": self.ends.isoformat("minutes"), "slot_minutes": self.slot_minutes,
            "quotas": dict(self.quotas), "off_peak": self.off_peak,
        }  # fmt: skip


def judge(rows: Sequence[Asked], *, weekly: bool = True) -> None:
    """Refuse what cannot be, naming the row (from 1): times, slots, seats, and rows that overlap while both hold."""
    if len(rows) > MOST_ROWS:
        raise Refused(BAD_ROW, row=MOST_ROWS + 1, what=Words(f"最多 {MOST_ROWS} 行", f"at most {MOST_ROWS} rows"))
    for number, row in enumerate(rows, start=1):
        wrong = _wrong(row, weekly)
        if wrong is not None:
            raise Refused(BAD_ROW, row=number, what=wrong)
    for (one, first), (other, second) in combinations(enumerate(rows, start=1), 2):
        if _overlap(first, second):
            raise Refused(ROWS_OVERLAP, one=one, other=other)


def _wrong(row: Asked, weekly: bool) -> Words | None:
    if weekly and not 1 <= row.weekday <= 7:
        return Words("星期应为 1 到 7", "the weekday is 1 to 7")
    if row.begins >= row.ends:
        return Words("结束要晚于开始", "it has to end after it begins")
    if not SHORTEST <= row.slot_minutes <= LONGEST_SLOT:
        return Words(f"每段 {SHORTEST} 到 {LONGEST_SLOT} 分钟", f"a slot has {SHORTEST} to {LONGEST_SLOT} minutes")
    if not row.quotas.keys() <= CHANNELS.keys():
        return Words("没有这个渠道", "there is no such channel")
    if not all(0 <= seats <= MOST_SEATS for seats in row.quotas.values()) or not sum(row.quotas.values()):
        return Words(
            f"每段要有号，每个渠道最多 {MOST_SEATS} 个", f"a slot has places, at most {MOST_SEATS} of a channel"
        )
    if row.until is not None and row.until < row.since:
        return Words("停用日期早于启用日期", "it ends before it begins to hold")
    return None


def _overlap(one: Asked, other: Asked) -> bool:
    if one.weekday != other.weekday or one.begins >= other.ends or other.begins >= one.ends:
        return False
    return (one.until is None or other.since <= one.until) and (other.until is None or one.since <= other.until)
