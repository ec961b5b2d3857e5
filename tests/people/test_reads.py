"""Finding residents."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.actions import change_person
from kangqu.kernel.people.merging import merge
from kangqu.kernel.people.names import NAME_CHARS
from kangqu.kernel.people.reads import After, Search, guess, identifiers_of, person_of_code, phones_of, search
from kangqu.kernel.people.refusals import SEARCH_MORE
from tests.conftest import NINE
from tests.people.conftest import DESK, KEEPER, resident_id
from tests.people.test_register import refusal_of

pytestmark = pytest.mark.django_db
BORN = date(1980, 3, 12)
NUMBER = resident_id(BORN, 12)


def found(**wanted):
    within = wanted.pop("within", None)
    return [hit.person.pk for hit in search(Search(**wanted), within=within).hits]


def test_every_way_to_find_a_resident(register):
    one = register("单田芳", None, number=NUMBER, phone="13800000001", region="370302001")
    two = register("王𠮷", "1990-01-01", region="370303")
    assert found(document=NUMBER.lower(), kind="01") == found(document=f" {NUMBER} ") == [one.pk]
    assert found(phone="+86 138 0000 0001") == [one.pk]
    assert found(code=two.public_code.lower()) == [two.pk]
    assert found(name="单田") == found(name="单田芳", exact=True) == [one.pk]
    assert found(name="单田", exact=True) == []
    assert found(name="王𠮷") == found(pinyin="Wang Ji") == found(initials="wj") == [two.pk]
    assert found(pinyin="shantian") == [one.pk]
    assert found(pinyin="shantian", birth_date=date(1990, 1, 1)) == []
    assert found(name="王", region="370303") == [two.pk]
    assert found(name="王", region="3703") == [two.pk]
    assert found(name="王", within=["370302"]) == found(name="王", within=[]) == []
    assert found(document=NUMBER, within=["370303"]) == []
    assert found(document="x", kind="01") == found(phone="x") == found(code="x") == []


def test_merged_records_and_former_names_lead_to_the_resident(register):
    one, two = register("王芳", None, number=NUMBER), register("李芳", phone="13800000001")
    merge(survivor_id=one.pk, absorbed_id=two.pk, by=KEEPER, at=NINE, reason="同一人")
    change_person(one.pk, version=1, by=DESK, at=NINE, name="王芬")
    assert found(name="李芳") == found(phone="13800000001") == found(name="王芳") == found(name="王芬") == [one.pk]
    assert person_of_code(two.public_code) == person_of_code(one.public_code)
    assert [row.person_id for row in phones_of(one)] == [two.pk]
    assert [row.person_id for row in identifiers_of(two.pk)] == [one.pk]


def test_pages_show_everybody_once_in_order(register):
    days = ["1990-01-01", "1990-01-01", "1985-05-05", None, None, "1990-01-02"]
    names = ["张伟", "张卫", "张伟", "张伟", "张薇", "章伟"]
    everybody = {register(name, day).pk for name, day in zip(names, days, strict=True)}
    for limit in (1, 2, 3, 6):
        seen, after = [], None
        while True:
            page = search(Search(pinyin="zhangwei"), after=after, limit=limit)
            seen += [(hit.person.birth_date or date.max, hit.person.pk) for hit in page.hits]
            if (after := page.after) is None:
                break
        assert seen == sorted(seen) and {pk for _, pk in seen} == everybody and len(seen) == 6
    assert search(Search(pinyin="zhangwei"), limit=-5).hits
    assert search(Search(pinyin="zhangwei"), after=After("zz", None, 1)).hits == ()


def test_too_little_to_go_by():
    assert refusal_of(search, Search(pinyin="z")).why is SEARCH_MORE
    assert refusal_of(search, Search(birth_date=BORN)).why is SEARCH_MORE
    assert refusal_of(search, Search(name="\0")).why is NAME_CHARS
    assert refusal_of(person_of_code, "R" * 100).why is NOT_FOUND


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (NUMBER, "document"),
        ("370302000101001", "document"),
        ("13800000001", "phone"),
        ("0533-2860001", "phone"),
        ("王芳", "name"),
        ("买买提·吐尔逊", "name"),
        ("wangfang", "pinyin"),
        ("Wang Fang", "pinyin"),
        ("wf", "initials"),
        ("E12345678", "document"),
    ],
)
def test_the_one_box_guesses(text, column):
    assert getattr(guess(text), column)


def test_the_one_box_knows_a_public_code(register):
    code = register("王芳").public_code
    assert guess(f" {code[:7]} {code[7:].lower()}").code == code


@given(st.text(max_size=40))
def test_any_text_is_searched_or_refused(text):
    with contextlib.suppress(Refused):
        assert len(search(guess(text)).hits) <= 20
