"""Codes of institutions, as tables copied from the standards' worked examples, edges included."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.places.codes import (
    code_table,
    is_organisation_code,
    make_institution_code,
    make_uscc,
    organisation_check,
    read_institution_code,
    read_licence_number,
    read_uscc,
    record_segment,
)
from kangqu.kernel.places.refusals import INSTITUTION_CODE_BAD, LICENCE_NUMBER_BAD, USCC_BAD

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "uscc.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("body", "check"), [("D2143569", "X"), ("12345678", "8"), ("49570000", "8"), ("00000000", "0")]
)
def test_organisation_check(body, check):
    assert organisation_check(body) == check
    assert is_organisation_code(body + check)
    assert not is_organisation_code(body + ("1" if check != "1" else "2"))


@pytest.mark.parametrize(
    ("text", "registrar", "region"),
    [
        ("123703004957000083", "12", "370300"),
        ("523703021234567889", "52", "370302"),
        ("91370300MA3TEXT0X8", "91", "370300"),
        ("113701000000000002", "11", "370100"),
        ("1237150049561234XK", "12", "371500"),
        ("91370100MA3C00011J", "91", "370100"),
        ("91110000600037341L", "91", "110000"),
        (" 91110000 60003734-1l ", "91", "110000"),
    ],
)
def test_credit_codes_that_hold(text, registrar, region):
    code = read_uscc(text)
    assert (code.registrar, code.region) == (registrar, region)
    assert len(code.code) == 18


def test_the_organisation_code_inside():
    code = read_uscc("123703004957000083")
    assert code.organisation == "495700008"
    assert code.organisation_agrees


@pytest.mark.parametrize("registrar", ["A1", "N1", "Y1"])
def test_letters_may_lead(registrar):
    made = make_uscc(registrar, "370302", "495700008")
    assert read_uscc(made).registrar == registrar


@pytest.mark.parametrize(
    "text",
    [
        "12370300495700008I",
        "123703004957000084",
        "",
        "1",
        "12370300495700008",
        "1237030049570000833",
        "12３703004957000083",
        "12A703004957000083",
        "123703004957\x0000083",
        "１２３７０３００４９５７００００８３",
    ],
)
def test_credit_codes_refused(text):
    with pytest.raises(Refused) as refused:
        read_uscc(text)
    assert refused.value.why is USCC_BAD
    assert refused.value.field == "uscc"


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["case"] for vector in VECTORS])
def test_published_vectors(vector):
    if vector["valid"]:
        assert read_uscc(vector["value"]).code == vector["value"]
    else:
        with pytest.raises(Refused):
            read_uscc(vector["value"])


@given(position=st.integers(0, 17), symbol=st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_symbol_is_found(position, symbol):
    right = "91110000600037341L"
    wrong = right[:position] + symbol + right[position + 1 :]
    if wrong != right:
        with pytest.raises(Refused):
            read_uscc(wrong)


def test_institution_codes_made():
    assert make_institution_code("495700008", "370302", "11", "B100", "1") == "49570000837030211B1001"
    assert make_institution_code("495700008", "370302", "11", "D600", "1") == "49570000837030211D6001"
    assert make_institution_code("123456788", "370303", "17", "D215", "2") == "12345678837030317D2152"


def test_an_institution_code_taken_apart():
    parts = read_institution_code("12345678837030317D2152")
    assert (parts.organisation, parts.region, parts.economic, parts.category, parts.management) == (
        "123456788",
        "370303",
        "17",
        "D215",
        "2",
    )


@pytest.mark.parametrize(
    "text",
    [
        "49570000837030211B100",  # 21 characters
        "49570000837030211Z1001",  # no such category
        "49570000837030211B1003",  # no such management class
        "49570000937030211B1001",  # the organisation code does not check
        "49570000837030299B1001",  # no such economic type
        "495700008３７030211B1001",
    ],
)
def test_institution_codes_refused(text):
    with pytest.raises(Refused) as refused:
        read_institution_code(text)
    assert refused.value.why is INSTITUTION_CODE_BAD


def test_a_licence_number_taken_apart():
    number = read_licence_number("370302000135")
    assert (number.region, number.unit, number.kind, number.owner) == ("370302", 1, "3", "5")


@pytest.mark.parametrize(
    "text", ["37030200013", "370302000035", "370302000145", "370302000130", "37030200013X", "٣٧٠٣٠٢٠٠٠١٣٥"]
)
def test_licence_numbers_refused(text):
    with pytest.raises(Refused) as refused:
        read_licence_number(text)
    assert refused.value.why is LICENCE_NUMBER_BAD


def test_every_line_of_every_table_says_how_sure_it_is():
    for name in ("categories", "economic_types", "registrars"):
        assert all(line.mark and line.name for line in code_table(name).values())
    assert code_table("categories")["D600"].name == "村卫生室"


@pytest.mark.parametrize(
    ("village", "segment"),
    [
        ("370302001001", "001"),
        ("370302001099", "099"),
        ("370302001100", None),
        ("370302102200", "101"),
        ("370302102298", "199"),
        ("370302102299", None),
        ("370302102400", "901"),
    ],
)
def test_record_segments(village, segment):
    assert record_segment(village) == segment
