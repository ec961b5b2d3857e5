"""Words that people type: trimmed, composed, without control characters, of bounded length; and their pinyin."""

from __future__ import annotations

import unicodedata
from typing import Final

from django.db import models
from pypinyin import Style, lazy_pinyin

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.places.refusals import CHOICE_BAD, WORDS_BAD

_UNWANTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def words(value: str, label: str, limit: int, *, field: str, empty: bool = False) -> str:
    """``value`` as it may be stored, or ``Refused(WORDS_BAD)`` that names the field by its ``label``."""
    text = unicodedata.normalize("NFC", value).strip() if len(value) <= 4 * limit else value
    if (not text and not empty) or len(text) > limit or any(unicodedata.category(each) in _UNWANTED for each in text):
        raise Refused(WORDS_BAD, field=field, label=label, limit=limit)
    return text


def choice(value: str, choices: type[models.TextChoices], label: str, *, field: str) -> str:
    """``value`` if it is one of ``choices``, or ``Refused(CHOICE_BAD)``."""
    if value not in choices.values:
        raise Refused(CHOICE_BAD, field=field, label=label)
    return str(value)


def pinyin_of(name: str) -> tuple[str, str]:
    """Full pinyin and initials of an institution's name: lower case, no blanks; letters and digits stay."""
    syllables = lazy_pinyin(name, errors=_plain)
    first = lazy_pinyin(name, style=Style.FIRST_LETTER, errors=_plain)
    return "".join(syllables).lower()[:300], "".join(first).lower()[:100]


def _plain(text: str) -> str:
    """What is not Chinese: its letters and digits, nothing of its punctuation."""
    return "".join(each for each in text if each.isalnum())
