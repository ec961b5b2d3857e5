"""The tables over the API: the same facts as the pages, in both languages."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.rules.source import Mark
from kangqu.systems.tcm_pharmacy.definition import RULES
from kangqu.systems.tcm_pharmacy.rulebook.asked import day_asked
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry
from kangqu.systems.tcm_pharmacy.rulebook.reading import herb_on, rule_on
from kangqu.systems.tcm_pharmacy.rulebook.refusals import HERB_UNKNOWN, RULE_UNKNOWN, TABLE_UNKNOWN
from kangqu.systems.tcm_pharmacy.rulebook.tables import TABLES, Table, entries_on, table_of
from kangqu.web.api import Schema, Text, json_answer
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["tcm"])
Whole = Annotated[int, Field(ge=0)]


class MarkOut(Schema):
    """What a mark of certainty means."""

    mark: str
    zh: str
    en: str


class SourceRead(Schema):
    document: str
    clause: str
    mark: str
    meaning: MarkOut


class EntryOut(Schema):
    """A row: ``herbs``, and of pairs those ``against`` them. ``until`` is the last day it holds, null while it does."""

    id: str
    zh: str
    en: str
    note: str
    herbs: list[str]
    against: list[str]
    min_g: float | None
    max_g: float | None
    rule: str
    severity: str | None
    override: str | None
    source: SourceRead
    version: str
    starts: str | None
    until: str | None


class TableOut(Schema):
    """A table: ``rules`` judge by its rows where a row names none of its own."""

    key: str
    section: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    rules: list[str]
    rows: Whole


class TablesOut(Schema):
    on: str
    tables: list[TableOut]
    marks: list[MarkOut]


class RowsOut(Schema):
    on: str
    table: TableOut
    items: list[EntryOut]


class FigureOut(Schema):
    zh: str
    en: str
    value: str


class WhenOut(Schema):
    zh: str
    en: str


class RuleOut(Schema):
    """A rule on a day: its version in force, or its latest with ``in_force`` false."""

    on: str
    in_force: bool
    rule: EntryOut
    figures: list[FigureOut]
    when: list[WhenOut]
    versions: list[EntryOut]
    tables: list[str]


class SaidOut(Schema):
    table: str
    items: list[EntryOut]


class OpponentOut(Schema):
    herb: str
    rule: str
    severity: str | None
    source: SourceRead


class GapOut(Schema):
    what: str
    zh: str
    en: str


class HerbRulesOut(Schema):
    """Everything said of a herb; ``not_covered`` is what nothing here says, which is never "safe"."""

    on: str
    name: str
    pinyin: str
    listed: bool
    said: list[SaidOut]
    opponents: list[OpponentOut]
    not_covered: list[GapOut]


@router.get("/tcm/rules", response=TablesOut)
@serves(RULES)
def get_tables(request: HttpRequest, viewer: Viewer, on: Text = "") -> HttpResponse:
    """Every table the review judges by, with how many rows hold on the day, and what the marks mean."""
    day = _day(request, on)
    tables = [_table(table, day) for table in TABLES]
    return json_answer({"on": str(day), "tables": tables, "marks": [_mark(mark) for mark in Mark]})


@router.get("/tcm/rules/tables/{str:key}", response=RowsOut)
@serves(RULES)
def get_table(request: HttpRequest, viewer: Viewer, key: Text, on: Text = "") -> HttpResponse:
    """The rows of a table that hold on the day."""
    table, day = table_of(key), _day(request, on)
    if table is None:
        raise Refused(TABLE_UNKNOWN)
    items = [_entry(each) for each in entries_on(key, day)]
    return json_answer({"on": str(day), "table": _table(table, day), "items": items})


@router.get("/tcm/rules/herbs/{str:name}", response=HerbRulesOut)
@serves(RULES)
def get_herb(request: HttpRequest, viewer: Viewer, name: Text, on: Text = "") -> HttpResponse:
    """Everything said of a herb, by its pharmacopoeia name (``GET /tcm/herbs`` finds it)."""
    day = _day(request, on)
    herb = herb_on(name, day)
    if herb is None:
        raise Refused(HERB_UNKNOWN)
    return json_answer(
        {
            "on": str(day),
            "name": herb.name,
            "pinyin": herb.pinyin,
            "listed": herb.listed,
            "said": [{"table": table.key, "items": [_entry(each) for each in items]} for table, items in herb.said],
            "opponents": [
                {"herb": other, "rule": each.id, "severity": each.severity, "source": _source(each)}
                for other, each in herb.opponents
            ],
            "not_covered": [{"what": gap.what, "zh": gap.zh, "en": gap.en} for gap in herb.gaps],
        }
    )


@router.get("/tcm/rules/{path:rule}", response=RuleOut)
@serves(RULES)
def get_rule(request: HttpRequest, viewer: Viewer, rule: Text, on: Text = "") -> HttpResponse:
    """A rule, pair or shape of code, by the id that ``POST /tcm/review`` answers with."""
    day = _day(request, on)
    found = rule_on(rule, day)
    if found is None:
        raise Refused(RULE_UNKNOWN)
    return json_answer(
        {
            "on": str(day),
            "in_force": found.in_force,
            "rule": _entry(found.entry),
            "figures": [{"zh": zh, "en": en, "value": value} for zh, en, value in found.figures],
            "when": [{"zh": zh, "en": en} for zh, en in found.conditions],
            "versions": [_entry(each) for each in found.versions],
            "tables": [table.key for table in found.tables],
        }
    )


def _day(request: HttpRequest, on: str) -> date:
    return day_asked(on, instant_of(request))


def _table(table: Table, day: date) -> dict[str, Any]:
    return {
        "key": table.key,
        "section": table.section,
        "zh": table.zh,
        "en": table.en,
        "about_zh": table.about[0],
        "about_en": table.about[1],
        "rules": table.rules,
        "rows": len(entries_on(table.key, day)),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "zh": entry.zh,
        "en": entry.en,
        "note": entry.note,
        "herbs": entry.herbs,
        "against": entry.against,
        "min_g": entry.min_g,
        "max_g": entry.max_g,
        "rule": entry.rule,
        "severity": entry.severity,
        "override": entry.override,
        "source": _source(entry),
        "version": entry.version,
        "starts": str(entry.starts) if entry.starts else None,
        "until": str(entry.until) if entry.until else None,
    }


def _source(entry: Entry) -> dict[str, Any]:
    source = entry.source
    return {
        "document": source.document,
        "clause": source.clause,
        "mark": source.mark,
        "meaning": _mark(source.mark),
    }


def _mark(mark: Mark) -> dict[str, str]:
    return {"mark": mark.value, "zh": mark.meaning[0], "en": mark.meaning[1]}
