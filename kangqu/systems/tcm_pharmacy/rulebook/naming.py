"""Entries made of the names: aliases, processed names, questions, look-alikes, what is supplied, what is refused."""

from __future__ import annotations

from datetime import date

from kangqu.kernel.rules.source import Mark, Source
from kangqu.systems.tcm_pharmacy.herbs import HERBS
from kangqu.systems.tcm_pharmacy.herbs.names import PROCESSED, source_of
from kangqu.systems.tcm_pharmacy.herbs.table import NAMES, rows_of
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry


def aliases(day: date) -> tuple[Entry, ...]:
    """Names that mean exactly one herb."""
    return tuple(
        Entry(
            id=name, herbs=(herb,), zh=f"即{herb}", en="another name of this herb", source=source_of(block), starts=block["starts"]
        )
        for block in NAMES["aliases"]
        for herb, names in block["names"].items()
        for name in names
    )  # fmt: skip


def processed(day: date) -> tuple[Entry, ...]:
    """Processed names that share the dose of their herb; the file states no dates."""
    return tuple(
        Entry(
            id=row["name"], herbs=(row["herb"],), zh=f"按{row['herb']}的剂量审", en="judged by the dose of this herb",
            source=Source(PROCESSED, "", Mark(row["mark"])),
        )
        for row in rows_of("processed.csv")
    )  # fmt: skip


def ambiguous(day: date) -> tuple[Entry, ...]:
    """Names that mean several herbs."""
    return tuple(
        Entry(
            id=name, herbs=tuple(herbs), zh="不止一味药，须医师写明", en="several herbs: the prescriber must say which",
            source=source_of(block), starts=block["starts"],
        )
        for block in NAMES["ambiguous"]
        for name, herbs in block["names"].items()
    )  # fmt: skip


def distinct(day: date) -> tuple[Entry, ...]:
    """Herbs that are easily taken for each other."""
    return tuple(
        Entry(
            id="、".join(group), herbs=tuple(group), zh="各是一味药，不得混用", en="herbs of their own, not to be merged",
            source=source_of(block), starts=block["starts"],
        )
        for block in NAMES["distinct"]
        for group in block["groups"]
    )  # fmt: skip


def supplied(day: date) -> tuple[Entry, ...]:
    """What is supplied where a toxic herb is written without 生用."""
    return tuple(
        Entry(
            id=row["written"], herbs=tuple(dict.fromkeys((row["written"], row["herb"]))), zh="未注明生用，付炮制品",
            en="where raw use is not written, the processed form is supplied", note=row["supplied"],
            source=source_of(row), starts=row["starts"],
        )
        for row in NAMES["supply"]
    )  # fmt: skip


def banned(day: date) -> tuple[Entry, ...]:
    """Names that are refused."""
    return tuple(
        Entry(
            id=row["name"], herbs=(row["name"], *row["also"]), zh=f"不得使用：{row['why']}",
            en=f"may not be used: {row['why_en']}", note=row["instead"], source=source_of(row), starts=row["starts"],
        )
        for row in NAMES["banned"]
    )  # fmt: skip


def outside(day: date) -> tuple[Entry, ...]:
    """Herbs that a rule names and the herb table does not hold; the file states no dates."""
    return tuple(
        Entry(
            id=herb.name, herbs=(herb.name,), zh="只知药名，剂量没有表" + (f"；视同{herb.base}" if herb.base else ""),
            en="known by name only, no dose" + ("; judged as the herb it is a form of" if herb.base else ""),
            note=herb.base, source=herb.source,
        )
        for herb in HERBS.values()
        if not herb.listed
    )  # fmt: skip
