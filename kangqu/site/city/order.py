"""Which city is to be made. Imports nothing of Django, so that a fresh process can read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """Which city: its figures, the day it lives on, and the instant its rows bear. The same order, the same rows."""

    city: str
    people: int
    seed: int
    at: datetime
    base: int = 0  # the first of the numbers set aside for its residents

    def facts(self) -> dict[str, Any]:
        return {"city": self.city, "people": self.people, "seed": self.seed, "base": self.base}
