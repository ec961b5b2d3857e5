"""审方规则表: the tables, a rule, a herb, herbs by any name. Nobody's data: what is published, and how sure the city is of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.rules.source import Mark
from kangqu.systems.tcm_pharmacy.definition import RULES
from kangqu.systems.tcm_pharmacy.desk.words import severity_words
from kangqu.systems.tcm_pharmacy.herbs.resolving import LONGEST
from kangqu.systems.tcm_pharmacy.rulebook import listings
from kangqu.systems.tcm_pharmacy.rulebook.asked import day_asked
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry
from kangqu.systems.tcm_pharmacy.rulebook.reading import find, herb_on, rule_on
from kangqu.systems.tcm_pharmacy.rulebook.refusals import HERB_UNKNOWN, RULE_UNKNOWN, TABLE_UNKNOWN
from kangqu.systems.tcm_pharmacy.rulebook.tables import TABLES, Table, entries_on, table_of
from kangqu.web.formats import in_english
from kangqu.web.marks import legend, mark_words
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

SECTIONS: Final = (("herbs", _("按药")), ("rules", _("规则")), ("names", _("药名与代码")))


def _day(request: HttpRequest) -> date:
    return day_asked(request.GET.get("on", ""), instant_of(request))


def _context(request: HttpRequest, day: date) -> dict[str, Any]:
    """What every page of the tables needs: the day, its words, and addresses that keep a day that was asked for."""
    tail = f"?on={day}" if request.GET.get("on") else ""
    return {
        "day": day,
        "asked": bool(tail),
        "english": in_english(),
        "said": listings.says,
        "paper": listings.document_of,
        "named": listings.title_of,
        "passes": listings.override_word,
        "severity_of": lambda severity: severity_words(severity.value),
        "mark_words": mark_words,
        "to": lambda view, *names: reverse(view, args=names) + tail,
    }


def _marks(entries: Any) -> list[Any]:
    return legend(each.source.mark for each in entries)


@serves(RULES)
@require_safe
def tables_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every table with how many rows hold on the day, and the search for a herb."""
    day = _day(request)
    rows = {table.key: entries_on(table.key, day) for table in TABLES}
    shown = [
        (title, [(table, listings.about_of(table), len(rows[table.key]), _unsure(rows[table.key])) for table in TABLES if table.section == key])
        for key, title in SECTIONS
    ]  # fmt: skip
    context = {"sections": shown, "marks": legend(Mark)}
    return render(request, "tcm_pharmacy/rules.html", _context(request, day) | context)


def _unsure(entries: tuple[Entry, ...]) -> int:
    """How many rows were not verified against a text."""
    return sum(each.source.mark in (Mark.MEMORY, Mark.RECALLED) for each in entries)


@serves(RULES)
@require_safe
def table_page(request: HttpRequest, viewer: Viewer, key: str) -> HttpResponseBase:
    """One table on the day; also as a file and for the printer."""
    table, day = table_of(key), _day(request)
    if table is None:
        raise Refused(TABLE_UNKNOWN)
    rules = [found for rule in table.rules if (found := rule_on(rule, day)) is not None]
    context = {
        "table": table, "about": listings.about_of(table), "rules": rules, "marks": _marks(entries_on(key, day)),
    }  # fmt: skip
    return listings.LISTINGS[key].respond(
        request, "tcm_pharmacy/rules_table.html", _context(request, day) | context, at=instant_of(request),
        by=viewer.display_name,
    )  # fmt: skip


@serves(RULES)
@require_safe
def rule_page(request: HttpRequest, viewer: Viewer, rule: str) -> HttpResponse:
    """One rule, pair or shape of code, by the id a review gives."""
    day = _day(request)
    found = rule_on(rule, day)
    if found is None:
        raise Refused(RULE_UNKNOWN)
    context = {"rule": found, "marks": _marks(found.versions)}
    return render(request, "tcm_pharmacy/rule.html", _context(request, day) | context)


@serves(RULES)
@require_safe
def herbs_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Herbs by name, alias, pinyin or initials; one and no other opens at once."""
    day, typed = _day(request), request.GET.get("q", "")[:LONGEST].strip()
    found = find(typed)
    context = _context(request, day)
    if len(found.herbs) == 1:
        return redirect(context["to"]("tcm-rules-herb", found.herbs[0][0]))
    return render(request, "tcm_pharmacy/rules_herbs.html", context | {"typed": typed, "found": found})


@serves(RULES)
@require_safe
def herb_page(request: HttpRequest, viewer: Viewer, name: str) -> HttpResponse:
    """Everything the house knows of a herb, and what it does not."""
    day = _day(request)
    herb = herb_on(name, day)
    if herb is None:
        raise Refused(HERB_UNKNOWN)
    entries = [each for _table, found in herb.said for each in found] + [each for _name, each in herb.opponents]
    groups = {entry: [other for other, each in herb.opponents if each is entry] for _name, entry in herb.opponents}
    told = [(table, _together(herb.name, table, found)) for table, found in herb.said]
    context = {"herb": herb, "tables": told, "opponents": list(groups.items()), "marks": _marks(entries)}
    return render(request, "tcm_pharmacy/rules_herb.html", _context(request, day) | context)


def _together(name: str, table: Table, entries: tuple[Entry, ...]) -> list[tuple[str, Entry]]:
    """The rows with the names they are of, where those are not the herb's own; what differs in its name alone is one row."""
    groups: dict[Entry, list[str]] = {}
    for each in entries:
        own = each.id == name or table.by_rule
        groups.setdefault(each if own else replace(each, id="", herbs=()), []).extend([] if own else [each.id])
    return [("、".join(names), entry) for entry, names in groups.items()]


urlpatterns = [
    path("c/tcm/rules", tables_page, name="tcm-rules"),
    path("c/tcm/rules/tables/<str:key>", table_page, name="tcm-rules-table"),
    path("c/tcm/rules/herbs", herbs_page, name="tcm-rules-herbs"),
    path("c/tcm/rules/herbs/<str:name>", herb_page, name="tcm-rules-herb"),
    path("c/tcm/rules/<path:rule>", rule_page, name="tcm-rule"),
]
