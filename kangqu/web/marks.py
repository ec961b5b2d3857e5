"""How sure the city is of a fact, for people: the mark's word, how it is drawn, and the sentence that says what it means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kangqu.kernel.rules.source import Mark
from kangqu.web.formats import in_english

_WORDS: Final[dict[Mark, tuple[str, Any]]] = {
    Mark.SEEN: ("ok", _("有出处")),
    Mark.RESTATED: ("ok", _("有出处（转引）")),
    Mark.MEMORY: ("warn", _("待核实")),
    Mark.RECALLED: ("warn", _("待核实")),
    Mark.LOCAL: ("info", _("一地做法")),
    Mark.DESIGN: ("info", _("平台默认")),
}


def mark_words(mark: str) -> tuple[str, str]:
    """How a mark is drawn (ok, warn, info) and called."""
    kind, word = _WORDS[Mark(mark)]
    return kind, str(word)


def mark_meaning(mark: str) -> str:
    """What a mark means, in a sentence in the reader's language."""
    zh, en = Mark(mark).meaning
    return en[:1].upper() + en[1:] + "." if in_english() else zh + "。"


def legend(marks: Iterable[Mark]) -> list[tuple[str, tuple[str, str], str]]:
    """(letter, drawing and word, meaning) of every mark that occurs in ``marks``, surest first."""
    found = set(marks)
    return [(mark.value, mark_words(mark), mark_meaning(mark)) for mark in Mark if mark in found]
