"""Where a rule comes from and how sure the city is of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Source:
    """The document a rule is taken from. ``clause`` is what a professional would look up."""

    document: str
    clause: str = ""
    mark: Mark = Mark.DESIGN
