"""The cast of the register: a desk, a keeper of the index, a few regions, and how to register somebody in one line."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from kangqu.kernel.people.actions import NewResident, register_person
from kangqu.kernel.people.documents import check_digit
from kangqu.kernel.people.models import Person
from kangqu.kernel.people.papers import Paper, PhoneGiven
from kangqu.kernel.places.models import Region, RegionLevel
from kangqu.kernel.trace.actor import Actor
from tests.conftest import NINE

DESK = Actor(account_id=101, role="registrar", purpose="registration")
KEEPER = Actor(account_id=102, role="index_keeper", purpose="index")
LATER = NINE + timedelta(hours=1)


def resident_id(born: date, sequence: int, region: str = "370302") -> str:
    """A synthetic number with the right check digit."""
    body = f"{region}{born:%Y%m%d}{sequence:03d}"
    return body + check_digit(body)


Register = Callable[..., Person]


@pytest.fixture
def regions(db: None) -> None:
    Region.objects.bulk_create(
        [
            Region(code="3703", name="淄博市", level=RegionLevel.CITY),
            Region(code="370302", name="淄川区", level=RegionLevel.COUNTY, parent_id="3703"),
            Region(code="370302001", name="般阳路街道", level=RegionLevel.TOWNSHIP, parent_id="370302"),
            Region(code="370303", name="张店区", level=RegionLevel.COUNTY, parent_id="3703"),
        ],
        ignore_conflicts=True,
    )


@pytest.fixture
def register(regions: None) -> Register:
    """``register("王芳", "1980-03-12", sex="2", number=…, phone=…)``"""
    rng = random.Random(7)

    def _register(name: str = "王芳", born: str | None = "1980-03-12", *, at: datetime = NINE, **more: str) -> Person:
        number, phone = more.pop("number", ""), more.pop("phone", "")
        new = NewResident(
            name=name,
            birth_date=date.fromisoformat(born) if born else None,
            documents=[Paper(kind="01", number=number)] if number else [],
            phones=[PhoneGiven(number=phone)] if phone else [],
            **more,  # type: ignore[arg-type]
        )
        return register_person(new, by=DESK, at=at, rng=rng)

    return _register
