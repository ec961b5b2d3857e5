"""One pair at a time: what each field says, and what is answered, with the published weights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kangqu.kernel.people.matching import Decision, Row, blocking_keys, judge, match, prepare
from kangqu.kernel.people.matching.compare import BIRTH, GIVEN, IDENTIFIER, MISSING, SURNAME, compare
from kangqu.kernel.people.matching.frequencies import IndexFrequencies
from kangqu.kernel.people.matching.rows import Paper
from kangqu.kernel.people.matching.weights import index_weights

HOME = Row(
    name="王建国", sex="男", birth_date="1990-01-31", address="张店区人民路1号2号楼3单元401", phone="13800001234"
)


def answer(left: Row, right: Row) -> Decision:
    return judge(prepare(left), prepare(right), index_weights(), IndexFrequencies()).decision


def level(field: int, left: Row, right: Row) -> int:
    return compare(prepare(left), prepare(right)).levels[field]


@pytest.mark.parametrize(
    ("left", "right", "given", "surname"),
    [
        ("张伟", "張偉", 0, 0),
        ("𠮷田", "吉田", 0, 0),
        ("高峰", "髙峯", 0, 0),
        ("王　芳", " 王芳 ", 0, 0),
        ("王建国", "王国建", 1, 0),
        ("李晓静", "李晓婧", 1, 0),  # the same sound with its tone
        ("李未", "李末", 1, 0),  # alike to the eye
        ("李伟", "李薇", 2, 0),  # the same sound but for the tone
        ("王林", "王玲", 2, 0),  # n and ng
        ("王福杰", "王杰", 3, 0),  # brothers
        ("王建国", "王建军", 3, 0),
        ("单田芳", "善田芳", 0, 1),
        ("欧阳修", "欧阳秀", 2, 0),
        ("㛃䶮", "㛃䶮", 0, 0),
        ("李𬭎", "李宏", 1, 0),
        ("王伟", "Wang Wei", 1, 1),
        ("买买提·阿不都", "买买提•阿不都", 0, MISSING),
    ],
)
def test_levels_of_full_names(left: str, right: str, given: int, surname: int) -> None:
    assert level(GIVEN, Row(name=left), Row(name=right)) == given
    assert level(SURNAME, Row(name=left), Row(name=right)) == surname


def test_a_surname_is_read_as_a_surname() -> None:
    for surname, sound in {
        "单": "shan",
        "仇": "qiu",
        "查": "zha",
        "解": "xie",
        "曾": "zeng",
        "翟": "zhai",
        "区": "ou",
    }.items():
        assert prepare(Row(surname=surname, given_name="明")).surname.spoken == sound


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("1990-01-31", "19900131", 0),
        ("1990年1月31日", "1990/1/31", 0),
        ("31/01/1990", "1990-01-31", 0),
        ("1990-02-01", "1990-01-02", 1),  # day and month
        ("1990-01-31", "1990-01-13", 1),
        ("1990-01-31", "1990-01-21", 1),
        ("1990-01-31", "1975-01-31", 2),
        ("1990", "1990-01-31", 2),
        ("1990-01-31", "1975-06-02", 3),
        ("", "1990-01-31", MISSING),
        ("不详", "1990-01-31", MISSING),
    ],
)
def test_levels_of_birth_dates(left: str, right: str, expected: int) -> None:
    assert level(BIRTH, Row(birth_date=left), Row(birth_date=right)) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("370302000101001", "37030219000101001X", 0),
        ("37030219000101001x", " 370302 19000101 001X", 0),
        ("370302190001010001", "370302190001010007", 1),  # one wrong digit: the check finds it
        ("370302190001010001", "370302190010010001", 1),
        ("370302190003070012", "370302190003070039", 2),  # both check: two people
        ("E12345678", "370302190001010001", MISSING),  # two kinds of paper
        ("6988048", "6988408", 1),
        ("6988048", "4392917", 2),
    ],
)
def test_levels_of_document_numbers(left: str, right: str, expected: int) -> None:
    assert level(IDENTIFIER, Row(identifier=left), Row(identifier=right)) == expected


def test_an_old_number_is_known_as_old() -> None:
    assert prepare(Row(identifier="370302000101001")).paper is Paper.OLD
    assert prepare(Row(identifier="370302190001010011")).paper is Paper.DAMAGED


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Decision.SAME),
        ({"name": "王建國"}, Decision.SAME),
        ({"name": "王国建"}, Decision.SAME),
        ({"address": "", "sex": ""}, Decision.SAME),
        ({"name": "王建军"}, Decision.REVIEW),  # the twin
        ({"sex": "女"}, Decision.REVIEW),
        ({"name": "王建军", "birth_date": "1962-03-04"}, Decision.NEW),  # the father: address and telephone are shared
        ({"name": "李秀英", "sex": "女", "birth_date": "1962-03-04"}, Decision.NEW),
        ({"birth_date": "1990-01-13", "phone": "", "address": ""}, Decision.NEW),
    ],
)
def test_without_documents(change: dict[str, str], expected: Decision) -> None:
    assert answer(HOME, replace(HOME, **change)) is expected


HOLDER = replace(HOME, identifier="370302199001310013")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"phone": "", "address": "", "sex": "", "birth_date": ""}, Decision.SAME),
        ({"identifier": "370302900131001"}, Decision.SAME),
        ({"identifier": "370302199001310019"}, Decision.SAME),  # one wrong digit, and all the rest agrees
        ({"name": "王国建", "phone": "13900000000", "address": ""}, Decision.SAME),
        ({"name": "王建军"}, Decision.REVIEW),  # a twin entered under his brother's number
        ({"name": "李秀英", "sex": "女", "birth_date": "1962-03-04"}, Decision.REVIEW),  # a parent's number
        ({"name": "王建军", "identifier": "37030219900131003X"}, Decision.NEW),  # the twin with his own number
    ],
)
def test_with_documents(change: dict[str, str], expected: Decision) -> None:
    assert answer(HOLDER, replace(HOLDER, **change)) is expected


BABY = Row(name="王芳之女", birth_date="2024-05-01", phone="13800001234", address="张店区人民路1号", mother_name="王芳")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Decision.REVIEW),  # her twin may be called the same
        ({"name": "李思涵", "sex": "女"}, Decision.REVIEW),
        ({"name": "王芳之子"}, Decision.REVIEW),
        ({"birth_date": "2022-02-01"}, Decision.NEW),
    ],
)
def test_newborns_are_never_merged_by_themselves(change: dict[str, str], expected: Decision) -> None:
    assert answer(BABY, replace(BABY, **change)) is expected


def test_a_newborn_under_the_mothers_number_is_not_the_mother() -> None:
    mother = Row(name="王芳", sex="女", identifier="370302199001310021", phone="13800001234")
    assert answer(mother, replace(BABY, identifier=mother.identifier)) is not Decision.SAME


def test_two_candidates_alike_go_to_a_human() -> None:
    row, other = prepare(HOME), prepare(replace(HOME, phone="13800009999"))
    found = match(row, [other, prepare(HOME)])
    assert found.decision is Decision.REVIEW
    assert match(row, [prepare(HOME)]).decision is Decision.SAME
    assert match(row, []).decision is Decision.NEW


def test_a_number_settles_between_two_candidates() -> None:
    found = match(prepare(HOLDER), [prepare(HOME), prepare(HOLDER)])
    assert (found.decision, found.best) == (Decision.SAME, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"identifier": "370302199001310019"},
        {"identifier": "370302900131001"},
        {"identifier": "", "name": "王剑国"},
        {"identifier": "", "name": "王国建", "phone": ""},
        {"identifier": "", "birth_date": "1990-01-13", "phone": ""},
        {"identifier": "", "name": "Wang Jianguo", "phone": ""},
        {"identifier": "", "name": "王某", "birth_date": ""},
    ],
)
def test_a_person_written_another_way_is_still_looked_up(change: dict[str, str]) -> None:
    assert set(blocking_keys(prepare(HOLDER))) & set(blocking_keys(prepare(replace(HOLDER, **change))))


def test_in_a_city_a_frequent_name_and_a_birth_date_are_not_enough() -> None:
    assert answer(Row(name="王建国", birth_date="1990-01-31"), HOME) is Decision.REVIEW
    rare = replace(HOME, name="亓建国")
    assert answer(Row(name="亓建国", birth_date="1990-01-31", sex="男"), rare) is Decision.SAME
