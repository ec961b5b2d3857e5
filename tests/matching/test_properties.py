"""What holds for every pair of rows, whatever is in them."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kangqu.kernel.people.matching import Row, blocking_keys, judge, link, prepare
from kangqu.kernel.people.matching.frequencies import IndexFrequencies
from kangqu.kernel.people.matching.rows import Subject
from kangqu.kernel.people.matching.weights import index_weights
from tests.matching.chinese_people import make_city

names = st.sampled_from(
    ["王建国", "王建军", "王国建", "李伟", "李薇", "張偉", "Wang Wei", "smith", "王芳之女", "㛃䶮", "买买提·阿不都", ""]
)
dates = st.sampled_from(["1990-01-31", "19900113", "1990", "2024-05-01", ""]) | st.dates().map(str)
numbers = st.sampled_from(
    ["370302199001310013", "370302900131001", "370302199001310019", "37030219900131003X", "E12345678", "6988048", ""]
)
rows = st.builds(
    Row,
    name=names,
    sex=st.sampled_from(["男", "女", "M", ""]),
    birth_date=dates,
    address=st.sampled_from(["张店区人民路1号2号楼3单元401", "人民路1号2-3-401", "6 tullaroop street", ""]),
    phone=st.sampled_from(["13800001234", "+86 13800001234", "0533-1234567", ""]),
    identifier=numbers,
    mother_name=st.sampled_from(["王芳", "王方", ""]),
)
untimed = settings(deadline=None)
FIELDS = ("name", "sex", "birth_date", "address", "phone", "identifier", "mother_name")


def weigh(left: Subject, right: Subject) -> float:
    return judge(left, right, index_weights(), IndexFrequencies()).weight


@untimed
@given(rows, rows)
def test_it_does_not_matter_which_row_comes_first(left: Row, right: Row) -> None:
    a, b = prepare(left), prepare(right)
    assert judge(a, b, index_weights(), IndexFrequencies()) == judge(b, a, index_weights(), IndexFrequencies())


@untimed
@given(rows, rows, st.sampled_from(["address", "phone"]))
def test_a_missing_value_is_neutral(left: Row, right: Row, field: str) -> None:
    """A field that one row lacks weighs what it weighs where both lack it: nothing."""
    without, neither = (prepare(Row(**{**_values(row), field: ""})) for row in (left, right))
    assert weigh(without, prepare(right)) == weigh(without, neither)


@untimed
@given(rows, rows, st.sampled_from(FIELDS))
def test_agreement_on_one_more_field_never_lowers_the_weight(left: Row, right: Row, field: str) -> None:
    value = _values(left)[field] or _values(right)[field]
    bare = [prepare(Row(**{**_values(row), field: ""})) for row in (left, right)]
    agreed = [prepare(Row(**{**_values(row), field: value})) for row in (left, right)]
    # A stand-in name (王芳之女) says a sex and an age itself: beside a grown man's number it speaks against its own row.
    assume(not any(each.newborn for each in (*bare, *agreed)))
    assert weigh(*agreed) >= weigh(*bare) - 1e-9


@untimed
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_it(one: str, other: str) -> None:
    left = prepare(
        Row(name=one, birth_date=other, address=one, phone=other, identifier=one, mother_name=other, sex=one)
    )
    right = prepare(Row(given_name=other, surname=one, birth_date=one, address=other, phone=one, identifier=other))
    assert judge(left, right, index_weights(), IndexFrequencies()).probability >= 0
    assert blocking_keys(left) == sorted(set(blocking_keys(left)))


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_a_list_changes_nothing(seed: int) -> None:
    city = make_city(5, 120)
    subjects = [
        prepare(Row(name=r["姓名"], birth_date=r["出生日期"], phone=r["电话"], address=r["住址"])) for r in city.rows
    ]
    order = list(range(len(subjects)))
    random.Random(seed).shuffle(order)
    plain = {(p.left, p.right, p.decision, round(p.probability, 9)) for p in link(subjects).pairs}
    shuffled = link([subjects[place] for place in order]).pairs
    back = {(*sorted((order[p.left], order[p.right])), p.decision, round(p.probability, 9)) for p in shuffled}
    assert back == plain


def _values(row: Row) -> dict[str, str]:
    return {field: getattr(row, field) for field in FIELDS}
