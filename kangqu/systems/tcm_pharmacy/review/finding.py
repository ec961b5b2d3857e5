"""What a review answers: findings, what was missing, what no rule covers, and how far the review reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kangqu.kernel.rules.source import Source


class Severity(StrEnum):
    """How grave a finding is, gravest first."""

    BLOCK = "BLOCK"  # 拦截
    DOUBLE_SIGN = "DOUBLE_SIGN"  # 双签
    WARN = "WARN"  # 警示
    INFO = "INFO"  # 提示


class Override(StrEnum):
    """What lets a prescription with this finding go on."""

    CORRECT = "CORRECT"  # only a corrected prescription 医师改方
    RESIGN = "RESIGN"  # the prescriber signs again 医师再次签字
    ACKNOWLEDGE = "ACKNOWLEDGE"  # the pharmacist acknowledges 药师确认
    NONE = "NONE"  # nothing to do 无须处理


class Coverage(StrEnum):
    """How far the review reaches. "No rule" is never "safe"."""

    SUPPORTED = "supported"  # every herb and every fact asked for was judged
    PARTIAL = "partial"  # some was not: see ``missing`` and ``not_covered``
    EMPTY = "empty"  # there was no herb to judge
    NOT_COVERED = "not_covered"  # no herb of it is known


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule says. ``rule`` is the document's id, ``detail`` a pair or group within it."""

    rule: str
    family: str
    severity: Severity
    override: Override
    source: Source
    version: str
    herbs: tuple[str, ...]
    zh: str
    en: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that was not given, and the rules and herbs it was needed for."""

    fact: str
    rules: tuple[str, ...]
    herbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Something no rule or table here speaks of: ``what`` (herb, dose, child_dose …) of ``about``."""

    what: str
    about: str
    zh: str
    en: str


BEYOND: Final = ("diagnosis_formula", "western_drugs", "allergies", "external_doses", "child_doses")
"""What no rule here judges, of any prescription: whether the formula fits the diagnosis, other drugs, allergies …"""


@dataclass(frozen=True, slots=True)
class Review:
    """The answer: findings gravest first. ``severity`` is the gravest, None when nothing was found.

    ``beyond``: what is never judged, whatever ``coverage`` says; it remains the pharmacist's.
    """

    coverage: Coverage
    findings: tuple[Finding, ...]
    missing: tuple[Missing, ...]
    not_covered: tuple[Uncovered, ...]
    days: int
    packs: int | None
    beyond: tuple[str, ...] = BEYOND

    @property
    def severity(self) -> Severity | None:
        return self.findings[0].severity if self.findings else None

    @property
    def blocked(self) -> bool:
        """Whether it may not be dispensed as it stands; some blocks a second signature lifts (``Override.RESIGN``)."""
        return self.severity is Severity.BLOCK

    def with_override(self, override: Override) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.override is override)
