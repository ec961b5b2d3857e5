"""What the verbs of the trace are called. Every part of the house says it of its own in a ``trace.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import kangqu

_HOUSE: Final = Path(kangqu.__file__).parent


@cache
def action_words() -> dict[str, tuple[str, str]]:
    """The (Chinese, English) words for every action, from every part of the house."""
    said = [tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(_HOUSE.rglob("trace.toml"))]
    return {action: (zh, en) for part in said for action, (zh, en) in part.items()}


def action_word(action: str, *, english: bool) -> str:
    """``action`` in words; one that has none, of an older version, stands as it is."""
    return action_words().get(action, (action, action))[english]


def action_of(text: str) -> str:
    """The action somebody means who writes it or its word; what is neither stands as it is."""
    wanted = text.strip()
    return next((action for action, words in action_words().items() if wanted in words), wanted)
