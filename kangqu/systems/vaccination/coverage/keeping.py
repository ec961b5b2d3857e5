"""A city is counted once a quarter of an hour: the table is kept, and says when it was counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.core.cache import cache

from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.tables import By, Row, table_of

KEPT_SECONDS: Final = 15 * 60
_LARGE: Final = 6
"""Tables of a county or more are kept (code of six digits or fewer); a township is counted at once."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A table, and the instant it was counted at."""

    rows: Sequence[Row]
    at: datetime


def kept_table(asked: Question, by: By, *, at: datetime, anew: bool = False) -> Kept:
    """The table, counted now unless it was counted lately; ``anew``: counted now."""
    if len(asked.region) > _LARGE:
        return Kept(table_of(asked, by), at)
    name = "vaccination.coverage." + sha256(repr((asked, by)).encode()).hexdigest()
    found = None if anew else cache.get(name)
    if isinstance(found, Kept) and found.at <= at:
        return found
    told = Kept(table_of(asked, by), at)
    cache.set(name, told, KEPT_SECONDS)
    return told
