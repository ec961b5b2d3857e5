"""Entries made of the review's own rows: its rules by family, the pairs, the shapes of diagnosis codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from kangqu.kernel.rules.table import Row
from kangqu.systems.tcm_pharmacy.herbs import HERBS
from kangqu.systems.tcm_pharmacy.review.book import book_on, speaks_of, tables
from kangqu.systems.tcm_pharmacy.review.toxic import POPPY
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry, dated, judged_by
from kangqu.systems.tcm_pharmacy.rulebook.sentences import sentences

Entries = Callable[[date], tuple[Entry, ...]]
_KINDS: Final = {"disease": ("病名代码", "code of a disease"), "syndrome": ("证候代码", "code of a syndrome")}


def of_families(*families: str, settings: tuple[str, ...] = ()) -> Entries:
    """The rules of ``families`` on a day, with the setting rows they rest on."""

    def entries(day: date) -> tuple[Entry, ...]:
        rows = book_on(day).rows.values()
        return tuple(of_rule(row) for row in rows if row.fields["family"] in families or row.id in settings)

    return entries


def of_rule(row: Row) -> Entry:
    """One rule, with the herbs it speaks of."""
    zh, en = sentences(row)
    return Entry(id=row.id, zh=zh, en=en, herbs=herbs_of(row), **judged_by(row), **dated(row))


def herbs_of(row: Row) -> tuple[str, ...]:
    """The herbs a rule singles out by name, by toxicity, by pregnancy note or as listed; none where it is of any herb."""
    family = row.fields["family"]
    if family == "people":
        return tuple(name for name, herb in HERBS.items() if speaks_of(row, herb))
    if family == "toxic":
        return tuple(name for name, herb in HERBS.items() if herb.regulated)
    return (POPPY,) if family == "poppy" else ()


def of_pairs(family: str) -> Entries:
    """The groups of incompatible herbs of ``family`` on a day."""

    def entries(day: date) -> tuple[Entry, ...]:
        return tuple(
            of_pair(row, day) for row in tables()[1] if row.fields["family"] == family and row.in_force(day)
        )  # fmt: skip

    return entries


def of_pair(row: Row, day: date) -> Entry:
    """A group: each herb of one side with each of the other."""
    word, en = ("反", "is incompatible with") if row.fields["family"] == "eighteen" else ("畏", "fears")
    return Entry(
        id=row.id,
        zh=f"前列每味药都{word}后列每味药",
        en=f"every herb of the first column {en} every herb of the second",
        herbs=tuple(row.fields["left"]),
        against=tuple(row.fields["right"]),
        **judged_by(book_on(day).rows.get(row.fields["family"])),
        **dated(row),
    )


def of_codes(day: date) -> tuple[Entry, ...]:
    """The shapes of diagnosis codes on a day."""
    return tuple(of_code(row, day) for row in tables()[2] if row.in_force(day))


def of_code(row: Row, day: date) -> Entry:
    zh, en = _KINDS[row.fields["kind"]]
    return Entry(
        id=row.id, zh=zh, en=en, note=row.fields["pattern"], **judged_by(book_on(day).rows.get("DX-SHAPE")), **dated(row)
    )  # fmt: skip
