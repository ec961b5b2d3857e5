"""A house with two nurses and a manager, a second house, and lamps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import pytest

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases import listening
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor
from tests.access import cast
from tests.cases import programmes as programmes
from tests.conftest import NINE

_numbers = count(1)


@dataclass
class House:
    """The institutions, and everybody as an actor."""

    top: Institution
    ward: Institution
    other: Institution
    nurse: Actor
    colleague: Actor
    chief: Actor
    stranger: Actor
    accounts: dict[str, Account]

    def lamp(self, **given: object) -> Snapshot:
        """A new reported lamp."""
        key = str(given.pop("key", f"lamp-{next(_numbers)}"))
        place, at = given.pop("place", self.ward), given.pop("at", NINE)
        assert isinstance(place, Institution)
        assert isinstance(at, datetime)
        case, _ = open_case(
            "test_lamp",
            key=key,
            institution_id=place.pk,
            by=self.nurse,
            at=at,
            facts=given,
        )
        return case


@pytest.fixture
def house(db: None) -> House:
    return make_house()


def make_house() -> House:
    where = cast.region("3703", "淄博市")
    top = cast.institution("卫健委", "commission", where)
    ward = cast.institution("一院", "hospital", where, top)
    other = cast.institution("二院", "hospital", where, top)
    accounts: dict[str, Account] = {}

    def actor(name: str, role: Role, place: Institution) -> Actor:
        accounts[name] = cast.staff(name, role, place, at=NINE)
        return Actor(account_id=accounts[name].pk, role=role.value, institution_id=place.pk)

    return House(
        top=top,
        ward=ward,
        other=other,
        nurse=actor("nurse", Role.NURSE, ward),
        colleague=actor("colleague", Role.NURSE, ward),
        chief=actor("chief", Role.INSTITUTION_MANAGER, ward),
        stranger=actor("stranger", Role.DOCTOR, ward),
        accounts=accounts,
    )


def again(case: Snapshot) -> Snapshot:
    """The case as it is now."""
    found = snapshot(case.id)
    assert found is not None
    return found


@pytest.fixture
def no_listeners() -> Iterator[None]:
    """Whatever a test has listen is forgotten after it."""
    before = {name: dict(known) for name, known in listening._LISTENERS.items()}
    yield
    listening._LISTENERS.clear()
    listening._LISTENERS.update(before)
