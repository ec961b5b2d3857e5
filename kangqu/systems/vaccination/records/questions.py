"""The questions before a dose, what a yes stops, and by which programmes the record is judged. Pure; the table is ``rules.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from kangqu.kernel.basis.refusals import Words
from kangqu.kernel.rules.source import Mark, Source
from kangqu.systems.vaccination.forecast import PRODUCTS, Status, programmes

_TABLE: Final = tomllib.loads(files("kangqu.systems.vaccination.records").joinpath("rules.toml").read_text("utf-8"))
EVERY: Final = "*"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``stops``: products, groups of products, or every one (``*``) that a yes stops."""

    code: str
    zh: str
    en: str
    stops: frozenset[str]
    fact: str
    source: Source

    def stops_product(self, product: str) -> bool:
        """Whether a yes stops ``product``."""
        return bool(self.stops & {EVERY, product, *PRODUCTS[product].groups})


def _source(row: Mapping[str, str]) -> Source:
    return Source(document=row["document"], clause="", mark=Mark(row["mark"]))


QUESTIONS: Final[Mapping[str, Question]] = {
    row["code"]: Question(row["code"], row["zh"], row["en"], frozenset(row["stops"]), row.get("fact", ""), _source(row))
    for row in _TABLE["question"]
}
JUDGED_BY: Final = frozenset(_TABLE["judged_by"]["programmes"])
DECIDABLE: Final[Mapping[Status, Source]] = {Status(row["status"]): _source(row) for row in _TABLE["decidable"]}
if not programmes().keys() >= JUDGED_BY:
    raise ValueError("rules.toml names a programme there is no file of")


def stopped_by(answers: Mapping[str, bool], product: str) -> list[Question]:
    """The questions answered yes that stop ``product``."""
    return [each for code, each in QUESTIONS.items() if answers.get(code) and each.stops_product(product)]


def unanswered(answers: Mapping[str, bool]) -> list[Question]:
    return [each for code, each in QUESTIONS.items() if not isinstance(answers.get(code), bool)]


def facts_from(answers: Mapping[str, bool]) -> dict[str, bool]:
    """What the answers tell the forecaster: a fact several questions bear on is true when one of them is yes."""
    told: dict[str, bool] = {}
    for code, each in QUESTIONS.items():
        if each.fact and isinstance(answers.get(code), bool):
            told[each.fact] = told.get(each.fact, False) or answers[code]
    return told


def sentence(found: Sequence[Question]) -> Words:
    """The questions in one line."""
    return Words("；".join(each.zh for each in found), "; ".join(each.en for each in found))
