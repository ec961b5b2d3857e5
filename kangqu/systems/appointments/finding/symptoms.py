"""Which departments a complaint belongs to, by the table ``symptoms.toml``; and the words of emergency. No diagnosis: a signpost."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from kangqu.kernel.places.words import pinyin_of


@dataclass(frozen=True, slots=True)
class Department:
    """A department as hospitals name it. ``code`` begins the codes of 诊疗科目."""

    name: str
    name_en: str
    code: str
    names: tuple[str, ...]

    def is_called(self, name: str, code: str) -> bool:
        return any(each in name for each in self.names) or bool(self.code and code == self.code)


@dataclass(frozen=True, slots=True)
class Symptom:
    words: tuple[str, ...]
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What was recognised in a text: symptoms, the departments by how many of them name each, whether it is an emergency."""

    symptoms: tuple[str, ...]
    departments: tuple[str, ...]
    emergency: tuple[str, ...]


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("symptoms.toml").read_text(encoding="utf-8"))


@cache
def departments() -> Mapping[str, Department]:
    return {
        row["name"]: Department(row["name"], row["en"], row.get("code", ""), (row["name"], *row.get("also", ())))
        for row in _table()["department"]
    }


@cache
def symptoms() -> tuple[Symptom, ...]:
    return tuple(Symptom(tuple(row["words"]), tuple(row["departments"])) for row in _table()["symptom"])


@cache
def _letters() -> Mapping[str, Symptom]:
    """Symptoms by the pinyin of their words; initials are too short to tell them."""
    return {pinyin_of(word)[0]: each for each in symptoms() for word in each.words}


def complaint(text: str) -> Complaint:
    """What a text complains of. Words may stand together (头痛发烧), be synonyms, or be written in pinyin."""
    plain = "".join(text.split()).lower()
    told = [each for each in symptoms() if any(word in plain for word in each.words)]
    if not told and plain.isascii():
        told = [each for letters, each in _letters().items() if letters == plain]
    counted: dict[str, int] = {}
    for each in told:
        for place, name in enumerate(each.departments):
            counted[name] = counted.get(name, 0) + 10 - min(place, 9)
    ranked = sorted(counted, key=lambda name: -counted[name])
    alarm = tuple(
        "+".join(row["all"]) for row in _table()["emergency"] if all(_says(plain, word) for word in row["all"])
    )
    return Complaint(tuple(each.words[0] for each in told), tuple(ranked), alarm)


def _says(text: str, word: str) -> bool:
    return any(each in text for each in word.split("|"))
