"""Registering, changing, moving, dying; papers and phones."""

from __future__ import annotations

import random
import threading
from datetime import date

import pytest
from django.db import connection

from kangqu.kernel.basis.refusals import KEY_REUSED, NOT_FOUND, NOT_YOURS, STALE, Refused
from kangqu.kernel.people.actions import (
    NewResident,
    change_person,
    move_in,
    move_out,
    record_death,
    register_person,
    undo_death,
)
from kangqu.kernel.people.documents import DOCUMENT_KIND, ID_CHECK, ID_SEX_MISMATCH, blind_of, open_number
from kangqu.kernel.people.keys import match_keys
from kangqu.kernel.people.models import (
    Identifier,
    IdentifierDirectory,
    MatchKey,
    Person,
    PersonName,
    Phone,
    Residence,
    Review,
)
from kangqu.kernel.people.names import NAME_CHARS
from kangqu.kernel.people.papers import (
    Paper,
    PhoneGiven,
    add_identifier,
    add_phone,
    end_identifier,
    end_phone,
    record_issued_twice,
    verify_identifier,
    verify_phone,
)
from kangqu.kernel.people.phones import open_phone
from kangqu.kernel.people.refusals import (
    BIRTH_DATE,
    BIRTH_MISMATCH,
    DEATH_DATE,
    DOCUMENT_TAKEN,
    NOT_DECEASED,
    NOT_TWICE,
    PERSON_DECEASED,
    REASON_NEEDED,
    TEXT_LONG,
    VALUE_UNKNOWN,
)
from kangqu.kernel.places.refusals import REGION_UNKNOWN
from kangqu.kernel.trace.models import TraceEntry
from tests.conftest import NINE
from tests.people.conftest import DESK, KEEPER, LATER, resident_id

pytestmark = pytest.mark.django_db
BORN = date(1901, 5, 6)
NUMBER = resident_id(BORN, 12)


def refusal_of(call, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    assert refused.value.sentence("zh") and refused.value.sentence("en")
    return refused.value


def test_everything_a_resident_brings_is_stored(regions):
    new = NewResident(
        name="王𠮷",
        documents=[Paper(kind="01", number=NUMBER.lower(), verified=True), Paper(kind="03", number="E12345678")],
        phones=[PhoneGiven(number="138 0000 0001", holder="son")],
        region="370302001",
        address="般阳路 1 号",
        registered_region="370303",
        registered_address="人民路 2 号",
        ethnicity="11",
        former_names=["王小吉"],
    )
    person = register_person(new, by=DESK, at=NINE, rng=random.Random(1))
    stored = Person.objects.get(pk=person.pk)
    assert (stored.name, stored.name_pinyin, stored.name_initials) == ("王𠮷", "wangji", "wj")
    assert (stored.birth_date, stored.sex) == (BORN, "2")
    assert stored.public_code.startswith("R")
    papers = {row.kind: row for row in Identifier.objects.filter(person_id=person.pk)}
    assert open_number(papers["01"].sealed) == NUMBER
    assert NUMBER.encode() not in bytes(papers["01"].sealed)
    assert papers["01"].verified and not papers["03"].verified
    assert papers["01"].shown == f"3703**********{NUMBER[-4:]}"
    assert IdentifierDirectory.objects.get(blind=blind_of("01", NUMBER)).person_id == person.pk
    phone = Phone.objects.get(person_id=person.pk)
    assert (open_phone(phone.sealed), phone.shown, phone.holder) == ("+8613800000001", "138****0001", "son")
    assert set(Residence.objects.values_list("use", "region_id")) == {("home", "370302001"), ("registered", "370303")}
    assert PersonName.objects.get(person_id=person.pk).name == "王小吉"
    keys = set(MatchKey.objects.filter(person_id=person.pk).values_list("key", flat=True))
    assert keys == set(match_keys("王𠮷", BORN, "2"))
    entry = TraceEntry.objects.get(person_id=person.pk)
    assert (entry.action, entry.actor_id, entry.before_hash) == ("people.register", 101, None)
    assert entry.after_hash is not None
    assert NUMBER not in str(entry.facts)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "张\0三"}, NAME_CHARS),
        ({"sex": "x"}, VALUE_UNKNOWN),
        ({"birth_date": date(2026, 11, 24)}, BIRTH_DATE),
        ({"birth_date": date(1, 1, 1)}, BIRTH_DATE),
        ({"region": "999999"}, REGION_UNKNOWN),
        ({"region": "37\0"}, REGION_UNKNOWN),
        ({"address": "x" * 10_000_000}, TEXT_LONG),
        ({"nationality": "中国人"}, VALUE_UNKNOWN),
        ({"ethnicity": "57"}, VALUE_UNKNOWN),
        ({"kept_by_id": 404}, VALUE_UNKNOWN),
        ({"kept_by_id": 10**30}, VALUE_UNKNOWN),
        ({"documents": [Paper(kind="01", number="370302190001010002")]}, ID_CHECK),
        ({"documents": [Paper(kind="xx", number="1")]}, DOCUMENT_KIND),
        ({"documents": [Paper(kind="01", number=NUMBER)], "sex": "1"}, ID_SEX_MISMATCH),
        ({"documents": [Paper(kind="01", number=NUMBER)], "birth_date": date(1901, 5, 7)}, BIRTH_MISMATCH),
        ({"phones": [PhoneGiven(number="13800000001", holder="cat")]}, VALUE_UNKNOWN),
    ],
)
def test_bad_input_is_refused_and_nothing_is_left(regions, changes, why):
    asked = NewResident(**{"name": "王芳", **changes})
    assert refusal_of(register_person, asked, by=DESK, at=NINE, rng=random.Random(1)).why is why
    assert not Person.objects.exists() and not IdentifierDirectory.objects.exists() and not TraceEntry.objects.exists()


def test_midnight_in_the_city_decides_who_is_born(regions):
    from datetime import datetime

    from kangqu.kernel.basis.clock import CITY

    new = NewResident(name="王芳之女", birth_date=date(2026, 11, 24))
    assert refusal_of(register_person, new, by=DESK, at=NINE, rng=random.Random(1)).why is BIRTH_DATE
    midnight = datetime(2026, 11, 24, 0, 0, tzinfo=CITY)
    assert register_person(new, by=DESK, at=midnight, rng=random.Random(1)).birth_date == date(2026, 11, 24)


def test_a_document_names_one_person(register):
    register("王芳", None, number=NUMBER)
    assert refusal_of(register, "李芳", None, number=NUMBER).why is DOCUMENT_TAKEN
    assert Person.objects.count() == 1


def test_a_retry_under_the_same_key_answers_with_the_first(regions):
    new = NewResident(name="王芳", documents=[Paper(kind="01", number=NUMBER)])
    first = register_person(new, by=DESK, at=NINE, rng=random.Random(1), key="k1")
    again = register_person(new, by=DESK, at=LATER, rng=random.Random(2), key="k1")
    assert first == again and Person.objects.count() == 1
    other = NewResident(name="李芳")
    assert refusal_of(register_person, other, by=DESK, at=NINE, rng=random.Random(3), key="k1").why is KEY_REUSED
    assert Person.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_desks_register_one_document_at_once():
    new = NewResident(name="王芳", documents=[Paper(kind="01", number=NUMBER)])
    together(lambda place: register_person(new, by=DESK, at=NINE, rng=random.Random(place)), expect=DOCUMENT_TAKEN)
    assert Person.objects.count() == Identifier.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_retries_at_once_open_one_record():
    new = NewResident(name="王芳")
    answers = together(lambda place: register_person(new, by=DESK, at=NINE, rng=random.Random(place), key="k"))
    assert len(set(answers)) == 1 and Person.objects.count() == 1


def together(call, *, expect=None, count=4):
    """Run ``call`` in several threads at once; answers of those that passed, the rest refused as expected."""
    answers, refused, start = [], [], threading.Barrier(count)

    def run(place):
        start.wait()
        try:
            answers.append(call(place))
        except Refused as said:
            refused.append(said.why)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [expect] * (count - len(answers))
    assert answers
    return answers


def test_a_change_keeps_the_former_name_and_moves_the_keys(register):
    person = register("王芳", region="370302001", address="旧址")
    changed = change_person(person.pk, version=1, by=DESK, at=LATER, name="单 芳", address="新址")
    assert (changed.name, changed.name_pinyin, changed.version) == ("单芳", "shanfang", 2)
    assert PersonName.objects.get(person_id=person.pk).name == "王芳"
    assert list(Residence.objects.order_by("id").values_list("address", "to_on")) == [
        ("旧址", date(2026, 11, 23)),
        ("新址", None),
    ]
    keys = set(MatchKey.objects.filter(person_id=person.pk).values_list("key", flat=True))
    assert keys == set(match_keys("单芳", date(1980, 3, 12), "0"))
    first, second = TraceEntry.objects.filter(person_id=person.pk).order_by("at")
    assert second.facts == {"fields": ["address", "name", "name_initials", "name_pinyin"]}
    digests = [bytes(digest or b"") for digest in (second.before_hash, first.after_hash, second.after_hash)]
    assert digests[0] == digests[1] != digests[2]


def test_a_stale_change_is_refused_with_both_values(register):
    person = register("王芳")
    change_person(person.pk, version=1, by=DESK, at=LATER, address="甲")
    said = refusal_of(change_person, person.pk, version=1, by=DESK, at=LATER, address="乙")
    assert (said.why, said.facts["yours"], said.facts["theirs"]) == (STALE, {"address": "乙"}, {"address": "甲"})
    assert change_person(person.pk, version=1, by=DESK, at=LATER, address="甲").version == 2  # a retry
    assert refusal_of(change_person, person.pk, version=2, by=DESK, at=LATER, shoe="1").why is VALUE_UNKNOWN
    assert refusal_of(change_person, 10**30, version=2, by=DESK, at=LATER, address="1").why is NOT_FOUND


def test_a_change_agrees_with_the_identity_number(register):
    person = register("王芳", None, number=NUMBER)
    assert refusal_of(change_person, person.pk, version=1, by=DESK, at=LATER, sex="1").why is ID_SEX_MISMATCH
    why = refusal_of(change_person, person.pk, version=1, by=DESK, at=LATER, birth_date=date(1901, 5, 7)).why
    assert why is BIRTH_MISMATCH


def test_moving_and_coming_back(register):
    person = register("王芳", region="370302001")
    assert move_out(person.pk, on=date(2026, 11, 20), by=DESK, at=NINE).status == "moved"
    assert move_out(person.pk, on=date(2026, 11, 20), by=DESK, at=LATER).version == 2
    back = move_in(person.pk, region="370303", address="新家", by=DESK, at=LATER)
    assert (back.status, back.moved_on, back.region_id) == ("active", None, "370303")
    assert refusal_of(move_out, person.pk, on=date(2026, 11, 24), by=DESK, at=NINE).why.name == "move_date"


def test_death_and_its_correction(register):
    person = register("王芳")
    assert refusal_of(record_death, person.pk, on=date(2026, 11, 24), by=DESK, at=NINE).why is DEATH_DATE
    assert refusal_of(record_death, person.pk, on=date(1980, 3, 11), by=DESK, at=NINE).why is DEATH_DATE
    assert refusal_of(undo_death, person.pk, by=DESK, at=NINE, reason="错").why is NOT_DECEASED
    record_death(person.pk, on=date(2026, 11, 22), by=DESK, at=NINE)
    assert record_death(person.pk, on=date(2026, 11, 22), by=DESK, at=NINE).version == 2
    assert refusal_of(move_out, person.pk, on=date(2026, 11, 22), by=DESK, at=NINE).why is PERSON_DECEASED
    phone = PhoneGiven(number="13800000001")
    assert refusal_of(add_phone, person.pk, phone, by=DESK, at=NINE).why is PERSON_DECEASED
    assert refusal_of(undo_death, person.pk, by=DESK, at=LATER, reason=" ").why is REASON_NEEDED
    alive = undo_death(person.pk, by=DESK, at=LATER, reason="同名误登")
    assert (alive.status, alive.deceased_on) == ("active", None)


def test_a_number_on_another_record_opens_a_review(register):
    one, two = register("王芳", None, number=NUMBER), register("王方")
    paper = Paper(kind="01", number=NUMBER)
    said = refusal_of(add_identifier, register("李某", "1950-01-01").pk, paper, by=DESK, at=NINE)
    assert said.why is BIRTH_MISMATCH
    change_person(two.pk, version=1, by=DESK, at=NINE, birth_date=None)
    assert refusal_of(add_identifier, two.pk, paper, by=DESK, at=LATER).why is DOCUMENT_TAKEN
    review = Review.objects.get()
    assert (review.left_id, review.right_id, review.reasons) == (one.pk, two.pk, ["document:01"])
    assert TraceEntry.objects.filter(action="people.add_identifier", result="refused").count() == 1


def test_a_number_issued_twice_finds_both(register):
    one, two = register("王芳", None, number=NUMBER), register("李芳", None)
    paper = Paper(kind="01", number=NUMBER, verified=True)
    assert refusal_of(record_issued_twice, two.pk, paper, by=DESK, at=NINE, reason="重号").why is NOT_YOURS
    other = Paper(kind="01", number=resident_id(BORN, 14))
    assert refusal_of(record_issued_twice, two.pk, other, by=KEEPER, at=NINE, reason="重号").why is NOT_TWICE
    row = record_issued_twice(two.pk, paper, by=KEEPER, at=NINE, reason="两人原件均已核验")
    assert set(IdentifierDirectory.objects.values_list("person_id", "issued_twice")) == {(one.pk, True), (two.pk, True)}
    assert refusal_of(register, "赵芳", None, number=NUMBER).why is DOCUMENT_TAKEN
    end_identifier(two.pk, row.id, mistaken=True, by=KEEPER, at=LATER, reason="看错")
    assert set(IdentifierDirectory.objects.values_list("person_id", "issued_twice")) == {(one.pk, False)}


def test_a_mistaken_number_is_free_again_and_an_old_one_is_not(register):
    one = register("王芳", None, number=NUMBER)
    row = Identifier.objects.get(person_id=one.pk)
    end_identifier(one.pk, row.id, mistaken=False, by=DESK, at=NINE)
    assert refusal_of(register, "李芳", None, number=NUMBER).why is DOCUMENT_TAKEN
    assert refusal_of(end_identifier, one.pk, row.id, mistaken=True, by=DESK, at=NINE).why is REASON_NEEDED
    end_identifier(one.pk, row.id, mistaken=True, by=DESK, at=NINE, reason="录错")
    two = register("李芳", None, number=NUMBER)
    assert IdentifierDirectory.objects.get().person_id == two.pk


def test_adding_a_number_again_changes_nothing_but_what_is_new(register):
    one = register("王芳", None, number=NUMBER)
    paper = Paper(kind="01", number=NUMBER)
    row = add_identifier(one.pk, paper, by=DESK, at=LATER)
    assert Identifier.objects.count() == 1 and not row.verified
    assert not TraceEntry.objects.filter(action="people.add_identifier").exists()
    assert verify_identifier(one.pk, row.id, by=DESK, at=LATER).verified
    assert refusal_of(verify_identifier, one.pk, 10**30, by=DESK, at=LATER).why is NOT_FOUND
    assert refusal_of(verify_phone, one.pk, 10**30, by=DESK, at=LATER).why is NOT_FOUND


def test_phones_come_and_go(register):
    mother, son = register("王芳"), register("李强", "2001-01-01")
    given = PhoneGiven(number="13800000001", holder="mother")
    shared = add_phone(son.pk, given, by=DESK, at=NINE)
    assert add_phone(mother.pk, PhoneGiven(number="+8613800000001"), by=DESK, at=NINE).blind == shared.blind
    verify_phone(son.pk, shared.id, by=DESK, at=LATER)
    end_phone(son.pk, shared.id, by=DESK, at=LATER)
    assert refusal_of(verify_phone, son.pk, shared.id, by=DESK, at=LATER).why is NOT_FOUND
    again = add_phone(son.pk, given, by=DESK, at=LATER)
    assert (again.id, again.ended_at, again.verified_at) == (shared.id, None, None)
