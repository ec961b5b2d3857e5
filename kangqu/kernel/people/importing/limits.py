"""How large a list may be, how much of it is shown and how long it is kept: policies of the city, read by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from kangqu.kernel.rules.policy import PolicyBook, load_policies

MEBIBYTE: Final = 1 << 20
POLICIES: Final[PolicyBook] = load_policies("kangqu.kernel.people.importing")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be. What the city does not decide (memory of the reader, length of a line) is ours."""

    file_bytes: int = 2048 * MEBIBYTE
    spreadsheet_bytes: int = 100 * MEBIBYTE
    spreadsheet_memory: int = 2048 * MEBIBYTE
    rows: int = 10_000_000
    columns: int = 200
    line_characters: int = MEBIBYTE
    cell_characters: int = 10_000


def limits_on(day: date) -> Limits:
    """The limits in force on a day."""
    return Limits(
        file_bytes=_value("file_mebibytes", day) * MEBIBYTE,
        spreadsheet_bytes=_value("spreadsheet_mebibytes", day) * MEBIBYTE,
        rows=_value("most_rows", day),
        columns=_value("columns", day),
        cell_characters=_value("cell_characters", day),
    )


def preview_rows(day: date) -> int:
    return int(_value("preview_rows", day))


def listed(day: date) -> int:
    return int(_value("listed", day))


def undo_within(day: date) -> timedelta:
    return timedelta(hours=_value("undo_hours", day))


def kept_for(day: date) -> timedelta:
    return timedelta(days=_value("kept_days", day))


def _value(name: str, day: date) -> Any:
    return POLICIES.value(f"people.import.{name}", on=day)
