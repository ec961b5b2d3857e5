"""The invariants of residents' rows: silent on sound rows, and pointing at each kind of damage."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.people.families import ConsentBy, form_household, grant_proxy
from kangqu.kernel.people.merging import merge, unmerge
from kangqu.kernel.people.papers import Paper, record_issued_twice
from tests.conftest import NINE
from tests.people.conftest import DESK, KEEPER, LATER, resident_id

pytestmark = pytest.mark.django_db
NUMBER = resident_id(date(1901, 5, 6), 12)


def findings() -> dict[str, int]:
    found = {name: len(list(run())) for name, (_, run) in all_checks().items() if name.startswith("people.")}
    return {name: count for name, count in found.items() if count}


@pytest.fixture
def city(register):
    """A few residents with everything that is checked."""
    import random

    one = register("王芳", None, number=NUMBER, phone="13800000001")
    two, three = register("王方", "1980-01-01"), register("王放", "1980-01-01", phone="13800000002")
    twice = register("李芳", None)
    record_issued_twice(twice.pk, Paper(kind="01", number=NUMBER), by=KEEPER, at=NINE, reason="重号")
    grant_proxy(one.pk, three.pk, relation="子女", rights=["code"], consent=ConsentBy.DESK, by=DESK, at=NINE)
    form_household(one.pk, region=None, address="", by=DESK, at=NINE, rng=random.Random(1))
    merge(survivor_id=two.pk, absorbed_id=three.pk, by=KEEPER, at=NINE, reason="同一人")
    event = merge(survivor_id=one.pk, absorbed_id=two.pk, by=KEEPER, at=NINE, reason="同一人")
    unmerge(event.pk, by=KEEPER, at=LATER, reason="不是")
    merge(survivor_id=one.pk, absorbed_id=two.pk, by=KEEPER, at=LATER, reason="还是")
    return one, two, three


def damage(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)  # type: ignore[arg-type]
        assert cursor.rowcount


def test_sound_rows_are_silent(city):
    assert findings() == {}


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        ("DELETE FROM people_identifier WHERE person_id = {one}", "people.directory"),
        ("DELETE FROM people_identifierdirectory WHERE person_id = {one}", "people.papers"),
        ("UPDATE people_person SET merged_into_id = {two} WHERE id = {three}", "people.merges"),
        ("UPDATE people_person SET merged_into_id = NULL, status = 'active' WHERE id = {two}", "people.merges"),
        ("DELETE FROM people_merging WHERE absorbed_id = {three}", "people.merges"),
        ("UPDATE people_proxy SET agent_id = 1", "people.proxies"),
        ("UPDATE people_household SET head_id = {two}", "people.households"),
        ("DELETE FROM people_household", "people.households"),
        ("UPDATE people_identifier SET sealed = 'x' WHERE person_id = {one}", "people.sealed_papers"),
        ("UPDATE people_identifier SET shown = 'x' WHERE person_id = {one}", "people.sealed_papers"),
        (
            "UPDATE people_phone SET sealed = (SELECT sealed FROM people_phone ORDER BY id DESC LIMIT 1)",
            "people.sealed_phones",
        ),
        ("UPDATE people_phone SET shown = 'x' WHERE person_id = {one}", "people.sealed_phones"),
        ("UPDATE people_person SET name = '赵四' WHERE id = {one}", "people.match_keys"),
    ],
)
def test_each_damage_is_found(city, sql, check):
    one, two, three = (person.pk for person in city)
    damage(sql.format(one=one, two=two, three=three))
    assert check in findings()
