"""A resident, her mother, two hospitals with desks, and the keys of a city."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from kangqu.kernel.people.codes import keys as code_keys
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution, Region, Station, institution_path
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.partitions import ensure_partitions
from tests.conftest import NINE


@pytest.fixture(autouse=True)
def _forget_keys():
    code_keys.forget_keys()
    yield
    code_keys.forget_keys()


def person(number: int, name: str, **more) -> Person:
    facts = {"name_pinyin": "li xiao he", "name_initials": "lxh", "sex": "2", "birth_date": date(1990, 5, 1)} | more
    return Person.objects.create(
        id=number, public_code=f"R{number:013d}", name=name, registered_at=NINE, changed_at=NINE, **facts
    )


@pytest.fixture
def resident(db) -> Person:
    return person(1001, "李小禾")


@pytest.fixture
def mother(db) -> Person:
    return person(1002, "王𠮷英")


def institution(number: int, name: str, parent: Institution | None = None) -> Institution:
    region, _ = Region.objects.get_or_create(code="3703", defaults={"name": "淄博市", "level": "city"})
    return Institution.objects.create(
        id=number,
        code=f"C{number}",
        name=name,
        kind="hospital",
        region=region,
        parent=parent,
        path=institution_path(parent, number),
    )


@pytest.fixture
def hospital(db) -> Institution:
    return institution(21, "市中心医院")


@pytest.fixture
def clinic(db) -> Institution:
    return institution(22, "张店卫生院")


@pytest.fixture
def desk(hospital) -> Station:
    return Station.objects.create(id=31, code="XDESK1", institution=hospital, name="挂号窗口")


@pytest.fixture
def gate(hospital) -> Station:
    return Station.objects.create(id=32, code="XGATE1", institution=hospital, name="东门")


@pytest.fixture
def other_desk(clinic) -> Station:
    return Station.objects.create(id=33, code="XDESK2", institution=clinic, name="挂号窗口")


@pytest.fixture
def registrar(hospital) -> Actor:
    return Actor(account_id=51, role="registrar", institution_id=hospital.pk, purpose="care")


@pytest.fixture
def other_registrar(clinic) -> Actor:
    return Actor(account_id=52, role="registrar", institution_id=clinic.pk, purpose="care")


@pytest.fixture
def keys(db):
    for table in ("trace_entry", "people_code_use"):
        ensure_partitions(table, around=NINE - timedelta(days=3), ahead=5)
    code_keys.ensure_keys(NINE - timedelta(days=1))
    return code_keys.key_set(NINE)


@pytest.fixture
def rng() -> random.Random:
    return random.Random(11)
