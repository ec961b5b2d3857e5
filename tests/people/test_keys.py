"""Blocking keys: what must meet under one key, and what need not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.people.keys import asked_keys, match_keys, mother_in, split_name

BORN = date(1980, 3, 12)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        (("王小明", BORN, "1"), ("王晓明", BORN, "1")),  # homophone
        (("王小明", BORN, "1"), ("王明小", BORN, "1")),  # characters exchanged
        (("王小明", BORN, "1"), ("小明王", BORN, "1")),  # names in crossed order
        (("王小明", BORN, "1"), ("Wang Xiaoming", BORN, "1")),
        (("王小明", BORN, "1"), ("Xiaoming Wang", BORN, "0")),
        (("王小明", BORN, "1"), ("李小明", BORN, "1")),  # surname changed
        (("王小明", BORN, "1"), ("王大力", BORN, "1")),  # given name written otherwise
        (("王小明", BORN, "1"), ("王大力", BORN, "0")),  # and the sex not said
        (("王小明", BORN, "0"), ("王大力", BORN, "2")),
        (("王小明", BORN, "1"), ("王小明", date(1980, 12, 3), "1")),  # month and day exchanged
        (("王小明", BORN, "1"), ("王小明", date(1980, 3, 13), "1")),
        (("章姗", BORN, "2"), ("张三", BORN, "2")),
        (("張偉", BORN, "1"), ("张伟", BORN, "1")),  # traditional
        (("吉田", BORN, "1"), ("𠮷田", BORN, "1")),
        (("买买提·吐尔逊", BORN, "1"), ("买买提吐尔逊", BORN, "1")),
        (("李芳之女", BORN, "2"), ("李芳之长女", BORN, "0")),
        (("王小明", None, "1"), ("王小明", BORN, "1")),
    ],
)
def test_two_records_of_one_person_meet(stored, asked):
    assert set(match_keys(*stored)) & set(asked_keys(*asked))


def test_a_newborn_is_found_by_its_mother():
    assert set(match_keys("李芳之女", BORN, "2")) & set(asked_keys("王小明", BORN, "2", mother_name="李芳"))
    assert mother_in("李芳之长女") == "李芳"
    assert mother_in("之之") == ""


def test_strangers_do_not_meet():
    assert not set(match_keys("王小明", BORN, "1")) & set(asked_keys("赵大力", date(1971, 1, 1), "2"))


def test_splitting():
    assert split_name("欧阳娜娜") == ("欧阳", "娜娜")
    assert split_name("欧阳") == ("欧", "阳")
    assert split_name("买买提·吐尔逊") == ("", "买买提·吐尔逊")
    assert split_name("𠮷") == ("", "𠮷")
    assert split_name("") == ("", "")


@given(st.text(max_size=50), st.none() | st.dates(), st.sampled_from("0129"))
def test_a_record_is_found_under_its_own_keys(name, birth_date, sex):
    stored = match_keys(name, birth_date, sex)
    assert 1 <= len(stored) <= 3
    assert set(stored) & set(asked_keys(name, birth_date, sex))
    assert all(-(2**63) <= key < 2**63 for key in stored)
