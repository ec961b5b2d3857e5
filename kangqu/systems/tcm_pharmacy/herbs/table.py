"""The herb table and the herbs beside it, read once from the files of this package; a malformed file stops the import."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from kangqu.kernel.rules.source import Mark, Source
from kangqu.systems.tcm_pharmacy.herbs.herb import HANDLING_WORDS, Handling, Herb, PowderDose, Pregnancy, Toxicity

PHARMACOPOEIA: Final = Source("中国药典 2020 年版一部", "", Mark.RESTATED)
IN_FORCE_FROM: Final = date(2020, 12, 30)

_PACKAGE: Final = "kangqu.systems.tcm_pharmacy.herbs"
_FORMS: Final = frozenset({"外", "丸散", "无内服量"})


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file of this package."""
    yield from csv.DictReader(files(_PACKAGE).joinpath(name).read_text(encoding="utf-8").splitlines())


def toml_of(name: str) -> dict[str, Any]:
    """A TOML file of this package."""
    return tomllib.loads(files(_PACKAGE).joinpath(name).read_text(encoding="utf-8"))


def _grams(text: str) -> float | None:
    return float(text) if text else None


def _handling(words: list[str]) -> frozenset[Handling]:
    """The codes of the table's words; a word it does not know is a mistake in the table."""
    return frozenset(HANDLING_WORDS[word.removesuffix("(煎剂)")] for word in words if word not in _FORMS)


def _herb(row: dict[str, str], powder: Mapping[str, PowderDose], regulated: Mapping[str, str]) -> Herb:
    words = [word for word in row["handling"].split("+") if word]
    return Herb(
        name=row["name"],
        min_g=_grams(row["min_g"]),
        max_g=_grams(row["max_g"]),
        toxicity=Toxicity(row["toxicity"]) if row["toxicity"] else None,
        pregnancy=Pregnancy(row["pregnancy"]) if row["pregnancy"] else None,
        handling=_handling(words),
        external="外" in words,
        pills="丸散" in words,
        other=row["other"],
        source=PHARMACOPOEIA,
        regulated=regulated.get(row["name"], ""),
        powder=powder.get(row["name"]),
    )


def _outside(row: dict[str, str], regulated: Mapping[str, str]) -> Herb:
    return Herb(
        name=row["name"],
        min_g=None,
        max_g=None,
        toxicity=Toxicity(row["toxicity"]) if row["toxicity"] else None,
        pregnancy=Pregnancy(row["pregnancy"]) if row["pregnancy"] else None,
        handling=frozenset(),
        external=False,
        pills=False,
        other="",
        source=Source(row["document"], "", Mark(row["mark"])),
        base=row["base"],
        listed=False,
        regulated=regulated.get(row["name"], ""),
    )


def _powders() -> dict[str, PowderDose]:
    return {
        row["name"]: PowderDose(
            _grams(row["min_g"]),
            float(row["max_g"]),
            row["per"] == "day",
            row["note"],
            Source(PHARMACOPOEIA.document, "", Mark(row["mark"])),
        )
        for row in rows_of("powder.csv")
    }


def _read() -> dict[str, Herb]:
    (regulation,) = NAMES["regulated"]
    regulated = {herb: name for name, herb in regulation["herbs"].items()}
    powder = _powders()
    found = [_herb(row, powder, regulated) for row in rows_of("herbs.csv")]
    found += [_outside(row, regulated) for row in rows_of("outside.csv")]
    herbs = {herb.name: herb for herb in found}
    unknown = (set(powder) | set(regulated) | {herb.base for herb in found if herb.base}) - set(herbs)
    if len(herbs) != len(found) or unknown:
        raise ValueError(f"the herb table names a herb twice, or names {unknown} nowhere")
    return herbs


NAMES: Final = toml_of("names.toml")
"""Names other than the table's, with their documents and marks."""

HERBS: Final[Mapping[str, Herb]] = MappingProxyType(_read())
"""Every herb by its name: the table's 618 (``listed``) and those rules name beside it."""
