"""What a vaccination history may hold: vaccines and immunoglobulins by code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final

PACKAGE: Final = "kangqu.systems.vaccination.forecast"


@dataclass(frozen=True, slots=True)
class Product:
    """A vaccine or immunoglobulin. ``acts_as`` are the codes it counts as in a series: its own and its parts'."""

    code: str
    zh: str
    en: str
    vaccine: bool
    groups: frozenset[str]
    acts_as: frozenset[str]


def _read() -> dict[str, Product]:
    data = tomllib.loads(files(PACKAGE).joinpath("products.toml").read_text(encoding="utf-8"))
    return {
        row["code"]: Product(
            code=row["code"],
            zh=row["zh"],
            en=row["en"],
            vaccine=row.get("vaccine", True),
            groups=frozenset(row.get("groups", ())),
            acts_as=frozenset((row["code"], *row.get("parts", ()))),
        )
        for row in data["product"]
    }


PRODUCTS: Final[Mapping[str, Product]] = MappingProxyType(_read())
