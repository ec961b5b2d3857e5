"""The tables as lists: on the screen, as files, for the printer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from kangqu.systems.tcm_pharmacy.desk.words import OVERRIDES, severity_words
from kangqu.systems.tcm_pharmacy.herbs import AMBIGUOUS, BANNED, HERBS
from kangqu.systems.tcm_pharmacy.herbs.names import tidy
from kangqu.systems.tcm_pharmacy.review.notes import grams
from kangqu.systems.tcm_pharmacy.rulebook.asked import TableForm, day_asked, matching
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry
from kangqu.systems.tcm_pharmacy.rulebook.tables import TABLES, Table, entries_on
from kangqu.web.formats import in_english
from kangqu.web.marks import mark_meaning, mark_words
from kangqu.web.middleware import instant_of
from kangqu.web.tables import Column, Listing

CHINESE: Final = "zh-CN"
FEW: Final = 8
"""Herbs of a rule that a line of the screen names."""
LONG: Final = ("doses", "processed", "pregnancy", "toxicity", "handling")
"""Tables of more than a hundred rows: lines on a phone too, not cards."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table as it was on the day ``on``; ``dated``: the day was asked for, and goes along in addresses."""

    entry: Entry
    on: date
    dated: bool

    def address(self, view: str, *names: str) -> str:
        tail = f"?{urlencode({'on': self.on})}" if self.dated else ""
        return reverse(view, args=names) + tail


def title_of(table: Table) -> str:
    return table.en if in_english() else table.zh


def about_of(table: Table) -> str:
    return table.about[1] if in_english() else table.about[0]


def says(entry: Entry) -> str:
    return entry.en if in_english() else entry.zh


def document_of(entry: Entry) -> str:
    return " ".join(part for part in (entry.source.document, entry.source.clause) if part)


def override_word(entry: Entry) -> str:
    return str(OVERRIDES[entry.override.value]) if entry.override is not None else ""


def _listed(names: tuple[str, ...]) -> str:
    return "、".join(names)


def _herb_page(line: Line) -> str:
    """The page of the herb a row names; of the search, where a name means several."""
    entry = line.entry
    if entry.id in HERBS or entry.id in BANNED:
        return line.address("tcm-rules-herb", entry.id)
    if len(entry.herbs) == 1:
        return line.address("tcm-rules-herb", entry.herbs[0])
    typed = entry.id if tidy(entry.id) in AMBIGUOUS else entry.herbs[0]
    return reverse("tcm-rules-herbs") + "?" + urlencode({"q": typed} | ({"on": line.on} if line.dated else {}))


def _rule_page(line: Line) -> str:
    return line.address("tcm-rule", line.entry.rule) if line.entry.rule else ""


def _first(table: Table) -> Column[Line]:
    if table.by_rule or table.paired or table.key == "codes":
        return Column(
            key="id", title=_("规则编号"), get=lambda line: line.entry.id, lang=CHINESE,
            href=lambda line: line.address("tcm-rule", line.entry.id),
        )  # fmt: skip
    return Column(key="name", title=_("药名"), get=lambda line: line.entry.id, lang=CHINESE, href=_herb_page)


def _first_of(names: tuple[str, ...]) -> str:
    """The first of them, and of how many."""
    return _listed(names) if len(names) <= FEW else f"{_listed(names[:FEW])}…（{len(names)}）"


def _herbs(table: Table) -> list[Column[Line]]:
    herbs = Column[Line](
        key="herbs", title=_("有关的药"), get=lambda line: _listed(line.entry.herbs), lang=CHINESE, width=2
    )
    if table.paired:
        word = _("相反的药") if table.key == "eighteen" else _("相畏的药")
        against = Column[Line](
            key="against", title=word, get=lambda line: _listed(line.entry.against), lang=CHINESE, width=3
        )
        return [herbs, against]
    whole = table.section == "names" and table.key not in ("codes", "outside")
    if table.key in ("people", "controlled"):  # up to a hundred herbs: all in the file and behind the rule's id
        few = Column[Line](
            key="some",
            title=_("有关的药"),
            get=lambda line: _first_of(line.entry.herbs),
            lang=CHINESE,
            width=2,
            export=False,
        )
        return [few, replace(herbs, screen=False)]
    return [herbs] if whole or table.key == "regulated" else []


def _grams(table: Table) -> list[Column[Line]]:
    if not table.grams:
        return []
    least = Column[Line](
        key="min",
        title=_("最少（克）"),
        get=lambda line: _plain(line.entry.min_g),
        kind="number",
        screen=table.key != "toxicity",
    )
    most = Column[Line](key="max", title=_("最多（克）"), get=lambda line: _plain(line.entry.max_g), kind="number")
    return [most] if table.key == "regulated" else [least, most]


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _note(table: Table) -> list[Column[Line]]:
    word = {"codes": _("写法"), "doses": _("药典另载"), "handling": _("药典另载")}.get(table.key, _("说明"))
    noted = table.key in ("codes", "doses", "handling", "powders", "banned", "supplied", "outside")
    return [Column(key="note", title=word, get=lambda line: line.entry.note, lang=CHINESE)] if noted else []


def _gravity(table: Table) -> list[Column[Line]]:
    """How grave it is and what lets it pass, where each row has that of its own."""
    if not (table.by_rule or table.paired or table.key in ("pregnancy", "codes")):
        return []
    found = [
        Column[Line](
            key="severity",
            title=_("严重程度"),
            get=lambda line: _severity(line)[1],
            status=lambda line: _severity(line)[0],
        ),
        Column[Line](key="override", title=_("怎样放行"), get=lambda line: override_word(line.entry)),
    ]
    rule = Column[Line](
        key="rule",
        title=_("规则编号"),
        get=lambda line: line.entry.rule,
        href=_rule_page,
        screen=table.key == "pregnancy",
    )
    return found if table.by_rule else [*found, rule]


def _severity(line: Line) -> tuple[str, str]:
    severity = line.entry.severity
    return severity_words(severity.value) if severity is not None else ("", "")


_SOURCE: Final[tuple[Column[Line], ...]] = (
    Column(key="source", title=_("依据"), get=lambda line: document_of(line.entry), lang=CHINESE, width=2),
    Column(key="version", title=_("版本"), get=lambda line: line.entry.version, screen=False),
    Column(key="from", title=_("从哪天起"), get=lambda line: line.entry.starts or _("没有写明"), kind="date"),
    Column(key="until", title=_("到哪天止"), get=lambda line: line.entry.until or _("现行"), kind="date"),
    Column(
        key="mark", title=_("确定程度"), get=lambda line: f"{mark_words(line.entry.source.mark)[1]} {line.entry.source.mark}",
        status=lambda line: mark_words(line.entry.source.mark)[0],
    ),
    Column(key="meaning", title=_("确定程度的意思"), get=lambda line: mark_meaning(line.entry.source.mark), screen=False),
    Column(key="on", title=_("哪一天的规则"), get=lambda line: line.on, kind="date", screen=False),
)  # fmt: skip


def _rows(table: Table) -> Callable[[HttpRequest, Mapping[str, Any]], list[Line]]:
    def rows(request: HttpRequest, filters: Mapping[str, Any]) -> list[Line]:
        asked = request.GET.get("on", "")
        day, typed = day_asked(asked, instant_of(request)), filters.get("q") or ""
        entries = entries_on(table.key, day)
        return [Line(each, day, bool(asked)) for each in (matching(entries, typed) if typed else entries)]

    return rows


def _listing(table: Table) -> Listing[Line]:
    says_column = Column[Line](
        key="says", title=_("怎么说"), get=lambda line: says(line.entry), width=3, screen=not table.paired
    )
    first = (_first(table), *_herbs(table), says_column)
    return Listing(
        name=f"tcm-{table.key}",
        title=lazystr(_Title(table)),
        columns=(*first, *_grams(table), *_note(table), *_gravity(table), *_SOURCE),
        rows=_rows(table),
        order="id",
        form=TableForm,
        empty=_("这一天，这张表里没有这样的内容；没有写到不等于安全。"),
        personal=False,
        cards=table.key not in LONG,
    )


class _Title:
    """A table's title in the language of the moment it is read."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __str__(self) -> str:
        return title_of(self.table)


LISTINGS: Final = {table.key: _listing(table) for table in TABLES}
__all__ = ["LISTINGS", "Line", "about_of", "document_of", "grams", "override_word", "says", "title_of"]
