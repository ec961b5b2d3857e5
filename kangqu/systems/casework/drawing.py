"""The forms of programmes: what they gathered, with its labels and units, and what was typed as they read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.forms import Choice, Field, Form, FormRefused, Instant, Text, YesNo
from kangqu.kernel.cases.programme import Asks, Programme
from kangqu.systems.casework.words import sentence
from kangqu.web.formats import in_english, show_datetime

OWN: Final = "kq-"
"""What the names of the page's own fields begin with; everything else belongs to the programme's form."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something gathered: its label, and its value in words with its unit, as the form that asked for it calls them."""

    name: str
    label: str
    value: str


def forms_of(of: Programme, *, own: bool = False) -> Iterator[Form]:
    """The declared forms of a programme, as they are met; ``own``: the opening's and those of the resident's own steps."""
    for asks in (of.opening, *(step.form for step in of.steps if step.own or not own)):
        if isinstance(asks, Form):
            yield asks


def facts_of(of: Programme, facts: Mapping[str, Any], *, own: bool = False) -> list[Fact]:
    """What the programme's forms gathered, in their order, then the instants it was promised for.

    What no form asked for is the system's own: its pages say what it means. A resident (``own``) reads what she or the
    opening was asked, and not what the staff wrote.
    """
    fields = {field.name: field for form in forms_of(of, own=own) for field in form.fields}
    told = [Fact(name, label_of(field), shown(field, facts[name])) for name, field in fields.items() if name in facts]
    promised = {state.deadline.fact for state in of.states if state.deadline is not None} - {"", *fields}
    told += [
        Fact(name, _("约定时间"), show_datetime(datetime.fromisoformat(facts[name])))
        for name in sorted(promised)
        if isinstance(facts.get(name), str)
    ]
    return told


def label_of(field: Field) -> str:
    return field.label_en if in_english() else field.label


def shown(field: Field, value: Any) -> str:
    """A clean value as people read it."""
    if isinstance(field, Choice):
        titles = {each.code: each.label_en if in_english() else each.label for each in field.options}
        return "、".join(titles.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value]))
    if isinstance(field, YesNo) or isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(field, Instant):
        return show_datetime(datetime.fromisoformat(str(value)))
    return f"{_plain(value)} {field.unit}".rstrip()


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return "、".join(_plain(one) for one in value)
    if isinstance(value, dict):
        return "；".join(f"{name} {_plain(one)}" for name, one in value.items())
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Control:
    """One field as it is drawn: what was typed, what is wrong with it. ``ask`` is for the page's script: how an answer is
    read and on which earlier ones the field depends; empty where no field of the form depends on any."""

    name: str
    kind: str
    label: str
    unit: str
    help: str
    required: bool
    options: list[tuple[str, str]]
    chosen: tuple[str, ...]
    wrong: str
    ask: str = ""


def drawn(asks: Asks | None, sent: Mapping[str, Any], refused: Refused | None = None) -> list[Control]:
    """The fields of a programme's form with what was sent, and what the reader refused of it."""
    if not isinstance(asks, Form):
        return []
    wrongs = refused.wrongs if isinstance(refused, FormRefused) else ()
    said = {each.field: sentence(each.refused) for each in wrongs}
    depends = any(field.when is not None for field in asks.fields)
    return [
        _control(field, sent.get(field.name), said.get(field.name, ""), _ask(field) if depends else "")
        for field in asks.fields
    ]


def _ask(field: Field) -> str:
    when = {"when": field.when.as_data()} if field.when is not None else {}
    return json.dumps({"name": field.name, "kind": field.kind, **field.shape, **when}, ensure_ascii=False)


def _control(field: Field, given: Any, wrong: str, ask: str) -> Control:
    options: list[tuple[str, str]] = []
    if isinstance(field, Choice):
        options = [(each.code, each.label_en if in_english() else each.label) for each in field.options]
    elif isinstance(field, YesNo):
        options = [("1", _("是")), ("0", _("否"))]
    typed = [str(one) for one in (given if isinstance(given, list) else [given]) if one is not None]
    kind = "textarea" if isinstance(field, Text) and field.multiline else field.kind
    help_ = field.help_en if in_english() else field.help
    label, chosen = label_of(field), tuple(typed)
    return Control(field.name, kind, label, field.unit, help_, field.required, options, chosen, wrong, ask)


def values_sent(data: QueryDict) -> dict[str, Any]:
    """What was typed into the programme's form: one text, or a list where several were chosen."""
    return {
        name: texts[0] if len(texts) == 1 else texts
        for name, texts in data.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith(OWN)
    }


class Typed:
    """A programme's form on one request: what was sent to it, and, once it was refused, what is wrong with it."""

    def __init__(self, asks: Asks | None, data: QueryDict) -> None:
        self.asks = asks
        self.values = values_sent(data)
        self._refused: Refused | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While the verb reads the form: what it refuses is kept for the page, and goes on to be said."""
        try:
            yield
        except FormRefused as refused:
            self._refused = refused
            raise

    def drawn(self) -> list[Control]:
        return drawn(self.asks, self.values, self._refused)
