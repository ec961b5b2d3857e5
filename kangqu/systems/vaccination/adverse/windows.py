"""Which symptom after which vaccine is reported until when. Pure; the table is ``windows.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.rules.source import Mark
from kangqu.systems.vaccination.forecast.spans import plus, span

_TABLE: Final = tomllib.loads(
    files("kangqu.systems.vaccination.adverse").joinpath("windows.toml").read_text(encoding="utf-8")
)
OTHER: Final = "other"
"""Any other severe event that is suspected: reported whenever it comes."""
_HOURS: Final = re.compile(r"(\d+)h")


@dataclass(frozen=True, slots=True)
class Symptom:
    code: str
    zh: str
    en: str
    simple: bool


@dataclass(frozen=True, slots=True)
class Window:
    """Symptoms reported from ``starts`` until ``ends`` after a dose of one of ``vaccines`` (any, if none is named)."""

    id: str
    starts: str
    ends: str
    symptoms: frozenset[str]
    vaccines: frozenset[str]
    mark: Mark


def _window(row: Mapping[str, Any]) -> Window:
    symptoms, vaccines = frozenset(row["symptoms"]), frozenset(row.get("vaccines", ()))
    return Window(row["id"], row.get("from", ""), row["until"], symptoms, vaccines, Mark(row["mark"]))


SYMPTOMS: Final[Mapping[str, Symptom]] = {
    row["code"]: Symptom(row["code"], row["zh"], row["en"], row.get("simple", False)) for row in _TABLE["symptom"]
}
WINDOWS: Final = tuple(_window(row) for row in _TABLE["window"])


def window_of(symptom: str, vaccine: str, given_at: datetime, onset_at: datetime) -> Window | None:
    """The window in which ``symptom`` came, the shortest first; None when it came in none."""
    for each in WINDOWS:
        if symptom in each.symptoms and (not each.vaccines or vaccine in each.vaccines):
            early = each.starts and onset_at < _after(given_at, each.starts)
            if not early and given_at <= onset_at <= _after(given_at, each.ends):
                return each
    return None


def _after(at: datetime, length: str) -> datetime:
    """``at`` and a span: hours to the minute; days and months by the city's calendar, at the same time of day."""
    hours = _HOURS.fullmatch(length)
    if hours:
        return at + timedelta(hours=int(hours[1]))
    here = at.astimezone(CITY)
    return datetime.combine(plus(here.date(), span(length)), here.timetz())
