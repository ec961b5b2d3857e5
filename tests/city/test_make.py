"""A whole small city in a real database: made, checked, refused a second time, killed and continued."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction

from kangqu.kernel.access.models import Account, Grant
from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.models import Household, Identifier, Person, Phone, Proxy
from kangqu.kernel.places.codes import read_institution_code, read_uscc
from kangqu.kernel.places.models import Consortium, Device, Institution, Post, Region, ServedRegion, Station
from kangqu.kernel.places.reads import lives_in_served
from kangqu.site.city import refusals as no
from kangqu.site.city.ground import ground_of
from kangqu.site.city.institutions import institutions_of
from kangqu.site.city.make import make_city
from tests.conftest import NINE

PEOPLE = 900

pytestmark = pytest.mark.slow


def silent(what: str, done: int, total: int) -> None:
    pass


def made(**changes: Any) -> Any:
    asked: dict[str, Any] = {"seed": 5, "city": "zibo", "at": NINE, "progress": silent, "workers": 0}
    people = changes.pop("people", PEOPLE)
    return make_city(people, **(asked | changes))


def picture() -> list[tuple[Any, ...]]:
    """Everything about the residents but what chance seals: two cities of one seed have one picture."""
    people = Person.objects.order_by("pk").values_list(
        "pk", "public_code", "name", "name_pinyin", "sex", "birth_date", "region_id", "address", "kept_by_id", "status"
    )
    papers = Identifier.objects.order_by("person_id", "id").values_list("person_id", "id", "kind", "shown")
    blinds = [bytes(blind) for blind in Identifier.objects.order_by("person_id").values_list("blind", flat=True)]
    institutions = Institution.objects.order_by("pk").values_list("pk", "code", "name", "uscc", "path")
    return [*people, *papers, *((blind,) for blind in blinds), *institutions]


@pytest.mark.django_db
def test_a_small_city_is_whole(tmp_path):
    stages: list[tuple[str, int, int]] = []
    file = tmp_path / "pairs.csv"
    city = made(progress=lambda *stage: stages.append(stage), pairs=str(file))
    assert city.residents == PEOPLE == Person.objects.filter(demo=True).count()
    assert city.institutions == Institution.objects.filter(demo=True).count()
    assert stages[-1] == ("residents", PEOPLE, PEOPLE)
    assert [stage[1] for stage in stages if stage[0] == "residents"] == sorted(
        stage[1] for stage in stages if stage[0] == "residents"
    )
    for name, (_, check) in all_checks().items():
        assert list(check()) == [], name
    assert Household.objects.exists() and Phone.objects.exists() and Proxy.objects.exists()
    assert Person.objects.filter(kept_by=None).count() == 0
    codes = set(Person.objects.values_list("public_code", flat=True))
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "left,right"
    assert all(set(line.split(",")) <= codes for line in lines[1:])


@pytest.mark.django_db
def test_institutions_stand_where_they_serve():
    made()
    for institution in Institution.objects.exclude(uscc=None):
        assert institution.uscc is not None
        assert read_uscc(institution.uscc).organisation_agrees
        assert institution.name.endswith("（演示）")
        if institution.institution_code:
            assert read_institution_code(institution.institution_code).organisation == institution.uscc[8:17]
    kinds = Counter(Institution.objects.values_list("kind", flat=True))
    assert kinds["hospital"] == 37 and kinds["cdc"] == 9 and kinds["commission"] == 9
    assert all(kinds[kind] for kind in ("village_clinic", "pharmacy", "elder_home", "nursery", "lab", "port", "venue"))
    top = Institution.objects.get(kind="commission", parent=None)
    clinic = Institution.objects.filter(kind="village_clinic").first()
    assert clinic is not None and clinic.path.startswith(top.path) and clinic.path.count("/") == 5
    centres = Institution.objects.filter(kind__in=("township_centre", "community_centre"))
    everybody = Person.objects.all()
    assert sum(everybody.filter(lives_in_served(centre)).count() for centre in centres) == PEOPLE
    assert Consortium.objects.filter(kind="county").count() == 8
    assert Consortium.objects.filter(kind="specialty").count() == 34
    assert Station.objects.exists() and Device.objects.exists() and Post.objects.exists()
    roles = set(Grant.objects.values_list("role", flat=True))
    assert {"village_doctor", "doctor", "pharmacist", "cdc_officer", "gate_keeper", "inspector"} <= roles
    assert not any(account.has_usable_password() for account in Account.objects.all()[:50])


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_city():
    def once() -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute("ALTER SEQUENCE kangqu_id RESTART WITH 1000")  # undone with the transaction
        made()
        seen = picture()
        transaction.set_rollback(True)
        return seen

    with transaction.atomic():
        first = once()
    with transaction.atomic():
        again = once()
    assert first == again


@pytest.mark.django_db
def test_a_second_city_is_refused():
    made()
    for changes in ({}, {"people": 1_000}):
        with pytest.raises(Refused) as refused:
            made(**changes)
        assert refused.value.why is no.CITY_INHABITED
        assert str(PEOPLE) in refused.value.sentence("zh")
    assert Person.objects.count() == PEOPLE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"people": 99}, no.CITY_SIZE),
        ({"people": 10**30}, no.CITY_SIZE),
        ({"people": -1}, no.CITY_SIZE),
        ({"city": "北京"}, no.CITY_UNKNOWN),
    ],
)
def test_orders_that_cannot_be(changes, why):
    with pytest.raises(Refused) as refused:
        made(**changes)
    assert refused.value.why is why
    assert not Region.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_city_that_was_killed_goes_on_where_it_was():
    class Killed(Exception):
        pass

    def kill(what: str, done: int, total: int) -> None:
        if what == "residents" and done > PEOPLE / 3:
            raise Killed

    with pytest.raises(Killed):
        made(progress=kill)
    there = Person.objects.count()
    assert 0 < there < PEOPLE
    with pytest.raises(Refused) as refused:
        made(seed=6)
    assert refused.value.why is no.CITY_OTHERWISE
    city = made()
    assert city.residents == PEOPLE and city.resumed > 0
    assert len(set(Person.objects.values_list("public_code", flat=True))) == PEOPLE
    with pytest.raises(Refused) as refused:
        made()
    assert refused.value.why is no.CITY_INHABITED


@pytest.mark.django_db(transaction=True)
def test_two_processes_make_what_one_makes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('kangqu_id', 1000)")
    city = made(workers=2)
    assert city.residents == PEOPLE
    seen = picture()
    everything = [model._meta.db_table for model in (Person, Institution, Region, Household, Account, Consortium)]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(everything)}, people_identifierdirectory, people_matchkey CASCADE")
        cursor.execute("TRUNCATE trace_entry")
        cursor.execute("SELECT setval('kangqu_id', 1000)")
    made()
    assert picture() == seen


@pytest.mark.django_db
def test_a_full_city_has_the_scale_of_a_full_city():
    ground = ground_of("3703", 300_000)
    built = institutions_of(ground, 300_000, at=NINE, rng=random.Random(1), entropy=random.Random(2).randbytes)
    kinds = Counter(str(institution.kind) for institution in built.institutions)
    assert kinds["hospital"] == 37
    assert kinds["village_clinic"] == 1_767
    assert kinds["township_centre"] + kinds["community_centre"] == 88
    assert kinds["nursery"] == 512 and kinds["lab"] == 45 and kinds["decoction_centre"] == 6
    assert kinds["elder_home"] >= 25
    assert len({institution.uscc for institution in built.institutions}) == len(built.institutions)
    assert len({institution.name for institution in built.institutions}) == len(built.institutions)
    served = {each.region_id for each in built.others[ServedRegion]}
    assert {village.code for county in ground.counties for village in county.villages if not village.urban} - served
