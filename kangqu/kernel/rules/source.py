"""Where a rule comes from and how sure the city is of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Mark(StrEnum):
    """How sure we are of a fact. Shown beside it wherever it decides something."""

    SEEN = "V"  # the text itself was read
    RESTATED = "B"  # a public document that restates the text was read
    MEMORY = "M"  # recalled, not verified
    RECALLED = "C"  # recalled clause content, not verified
    LOCAL = "L"  # one place's practice
    DESIGN = "D"  # an engineering default of this platform

    @property
    def certain(self) -> bool:
        return self in (Mark.SEEN, Mark.RESTATED)

    @property
    def meaning(self) -> tuple[str, str]:
        """What the mark says, in a sentence: Chinese, English."""
        return _MEANINGS[self]


_MEANINGS: Final[Mapping[Mark, tuple[str, str]]] = {
    Mark.SEEN: ("读过原文，照原文录入", "the text itself was read"),
    Mark.RESTATED: ("没有读到原文，照公开的转述录入", "a public document that restates the text was read"),
    Mark.MEMORY: ("凭记忆录入，还没有核对", "recalled, not verified"),
    Mark.RECALLED: ("条款内容凭记忆录入，还没有核对原文", "recalled clause content, not verified"),
    Mark.LOCAL: ("一个地方的做法，别处未必相同", "one place's practice"),
    Mark.DESIGN: ("本平台自己定的默认值", "an engineering default of this platform"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """The document a rule is taken from. ``clause`` is what a professional would look up."""

    document: str
    clause: str = ""
    mark: Mark = Mark.DESIGN
