"""Residents by the thousand: every row that a single registration makes, made in bulk."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from itertools import islice

import pytest
from django.db import IntegrityError, connection

from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.basis.ids import read_code, take_ids
from kangqu.kernel.people.documents import blind_of, check_digit, mask_number, open_number
from kangqu.kernel.people.keys import match_keys
from kangqu.kernel.people.loading import Loader, NewHousehold, NewIdentifier, NewPerson, new_codes, take_id_blocks
from kangqu.kernel.people.models import (
    Household,
    HouseholdMember,
    Identifier,
    IdentifierDirectory,
    MatchKey,
    Person,
    PersonName,
    Phone,
    Residence,
)
from kangqu.kernel.people.phones import mask_phone, open_phone, phone_blind
from kangqu.kernel.places.models import Region
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry

pytestmark = pytest.mark.django_db
BY = the_house("operator")


def resident_id(body: str) -> str:
    return body + check_digit(body)


@pytest.fixture
def town() -> Region:
    return Region.objects.create(code="370302001", name="般阳路街道", level="township")


def test_a_resident_is_written_with_every_row(nine, town):
    number = resident_id("37030219000101000")
    home = NewHousehold(region=town.code, address="一号楼")
    person = NewPerson(
        name="𠮷小单", sex="2", birth_date=date(1900, 1, 1), identifiers=[NewIdentifier("01", number, verified=True)],
        phones=["+8613800000000"], region=town.code, address="一号楼", ethnicity="01", household=home, relation="0",
        registered_address="沂源县", other_names=[("吉小单", PersonName.Use.FORMER)],
        lives_there_since=date(2020, 5, 1),
    )  # fmt: skip
    (key,) = Loader(demo=True).write([person], by=BY, at=nine)

    stored = Person.objects.get(pk=key)
    assert read_code(stored.public_code, "R") == stored.public_code
    assert (stored.name, stored.sex, stored.birth_date) == ("𠮷小单", "2", date(1900, 1, 1))
    assert (stored.name_pinyin, stored.region_id, stored.address) == ("jixiaodan", town.code, "一号楼")
    assert (stored.status, stored.version, stored.demo, stored.merged_into_id) == ("active", 1, True, None)
    assert stored.registered_at == stored.changed_at == nine
    paper = Identifier.objects.get(person_id=key)
    assert (open_number(paper.sealed), bytes(paper.blind), paper.shown) == (
        number,
        blind_of("01", number),
        mask_number(number),
    )
    assert paper.verified and paper.valid_to is None and paper.ended_at is None and not paper.mistaken
    assert IdentifierDirectory.objects.get(blind=paper.blind).person_id == key
    phone = Phone.objects.get(person_id=key)
    assert open_phone(phone.sealed) == "+8613800000000"
    assert (bytes(phone.blind), phone.shown) == (phone_blind("+8613800000000"), mask_phone("+8613800000000"))
    assert set(MatchKey.objects.filter(person_id=key).values_list("key", flat=True)) == set(
        match_keys("𠮷小单", date(1900, 1, 1), "2")
    )
    assert {(row.use, row.address) for row in Residence.objects.filter(person_id=key)} == {
        ("home", "一号楼"),
        ("registered", "沂源县"),
    }
    household = Household.objects.get()
    assert household.pk == home.id and household.head_id == key and read_code(household.code, "H")
    member = HouseholdMember.objects.get(person_id=key)
    assert (member.household_id, member.relation, member.from_on) == (household.pk, "0", date(2020, 5, 1))
    assert PersonName.objects.get(person_id=key).name == "吉小单"
    assert TraceEntry.objects.get(person_id=key).action == "people.register"


def test_a_household_spans_chunks(nine):
    home, loader = NewHousehold(address="二号楼"), Loader()
    loader.write([NewPerson(name="甲", household=home, relation="0")], by=BY, at=nine)
    loader.write([NewPerson(name="乙", household=home, relation="2")], by=BY, at=nine)
    assert Household.objects.count() == 1
    assert set(HouseholdMember.objects.values_list("household_id", flat=True)) == {home.id}


def test_a_document_known_already_stops_the_whole_chunk(nine):
    number = resident_id("37030219000101000")
    Loader().write([NewPerson(name="甲", identifiers=[NewIdentifier("01", number)])], by=BY, at=nine)
    with pytest.raises(IntegrityError):
        Loader().write(
            [NewPerson(name="丙"), NewPerson(name="乙", identifiers=[NewIdentifier("01", number)])], by=BY, at=nine
        )


def test_numbers_in_blocks_never_meet(nine):
    taken = [*take_id_blocks(500), *take_ids(3), *take_id_blocks(0), *take_id_blocks(700)]
    assert len(set(taken)) == len(taken) == 1203
    assert taken == sorted(taken)


def test_codes_are_codes_and_every_symbol_is_as_likely():
    made = [code.decode() for code in islice(new_codes("R", random.Random(7).randbytes), 20_000)]
    assert all(read_code(code, "R") == code for code in made) and len(set(made)) == len(made)
    counted = Counter("".join(code[1:13] for code in made))
    assert len(counted) == 31
    expected = 20_000 * 12 / 31
    assert sum((count - expected) ** 2 / expected for count in counted.values()) < 70  # χ², 30 degrees: p > 0.9999
    assert made == [code.decode() for code in islice(new_codes("R", random.Random(7).randbytes), 20_000)]


def test_a_chunk_of_thousands_holds_every_invariant(nine):
    people = [NewPerson(name=f"王{chr(0x4E00 + n)}", birth_date=date(1950, 1, 1), sex="1") for n in range(3000)]
    numbers = Loader().write(people, by=BY, at=nine)
    assert Person.objects.count() == len(set(numbers)) == 3000
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trace_entry WHERE person_id = ANY(%s)", [numbers])
        assert cursor.fetchone() == (3000,)
    for title, holds in all_checks().values():
        assert list(holds()) == [], title
