"""Numbers on papers. All numbers are synthetic: the examples of the standard and of births in 1900–1904."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.documents import (
    DOCUMENT_FORMAT,
    DOCUMENT_KIND,
    ID_CENTURY,
    ID_CHAR,
    ID_CHECK,
    ID_DATE,
    ID_LEN,
    ID_SEX_MISMATCH,
    Oddity,
    blind_of,
    check_digit,
    mask_number,
    normalise,
    open_number,
    read_document,
    read_resident_id,
    region_standing,
    seal_number,
)

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("number", "region", "born", "sex"),
    [
        ("370302190001010001", "370302", date(1900, 1, 1), "2"),
        ("370303190003070012", "370303", date(1900, 3, 7), "1"),
        ("370102190012310025", "370102", date(1900, 12, 31), "2"),
        ("371502190102280037", "371502", date(1901, 2, 28), "1"),
        ("370305190006150045", "370305", date(1900, 6, 15), "2"),
        ("371521190204300093", "371521", date(1902, 4, 30), "1"),
        ("370302190402290016", "370302", date(1904, 2, 29), "1"),
    ],
)
def test_worked_examples_that_are_valid(number, region, born, sex):
    document = read_resident_id(number, on=TODAY)
    assert (document.number, document.region_code, document.birth_date, document.sex) == (number, region, born, sex)
    assert Oddity.REGION not in document.warnings


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("370103190002290055", ID_DATE),
        ("370302190001010002", ID_CHECK),
        ("44052418800101001X", ID_CHECK),
        ("110105194902300028", ID_DATE),
        ("11010519491231002", ID_LEN),
        ("", ID_LEN),
        ("3703021900010100011", ID_LEN),
        ("37030219000101000A", ID_CHAR),
        ("X70302190001010001", ID_CHAR),
        ("٣٧٠٣٠٢١٩٠٠٠١٠١٠٠٠١", ID_CHAR),
        ("3703021900010100\x00X", ID_CHAR),
        ("37030220270101000" + check_digit("37030220270101000"), ID_DATE),
        ("37030217990101000" + check_digit("37030217990101000"), ID_DATE),
        ("370302991301001", ID_DATE),
        ("370302000101999", ID_CENTURY),
        ("3" * 10_000_000, ID_LEN),
    ],
)
def test_refusals_come_in_the_order_of_the_parts(number, why):
    with pytest.raises(Refused) as refused:
        read_resident_id(number, on=TODAY)
    assert refused.value.why is why
    assert refused.value.field == "number"


def test_the_published_sample_of_1880_is_valid_and_odd():
    document = read_resident_id("440524188001010014", on=TODAY)
    assert document.birth_date == date(1880, 1, 1)
    assert Oddity.AGE in document.warnings


def test_an_abolished_region_stays_valid_with_a_warning():
    document = read_resident_id("371202190001010007", on=TODAY)
    assert Oddity.REGION in document.warnings
    assert region_standing("371202") == ("莱城区", 1992, 2018)
    assert region_standing("370302").in_force
    assert not region_standing("999999").in_force


@pytest.mark.parametrize(
    "written",
    ["11010519491231002x", " １１０１０５ 19491231 002Ｘ", "110105-19491231-002X", "11010519491231002X\u200b"],
)
def test_one_number_in_many_writings(written):
    assert read_resident_id(written, on=TODAY).number == "11010519491231002X"
    assert blind_of("01", written) == blind_of("01", "11010519491231002X")


def test_fifteen_digits_are_the_eighteen_digits():
    document = read_resident_id("370302000101001", on=TODAY)
    assert document.number == "37030219000101001X"
    assert blind_of("01", "370302000101001") == blind_of("01", "37030219000101001x")


def test_declared_sex_must_agree():
    assert read_resident_id("370302190001010001", on=TODAY, sex="2").sex == "2"
    assert read_resident_id("370302190001010001", on=TODAY, sex="9").sex == "2"
    with pytest.raises(Refused) as refused:
        read_resident_id("370302190001010001", on=TODAY, sex="1")
    assert refused.value.why is ID_SEX_MISMATCH


@pytest.mark.parametrize(
    ("kind", "written", "number"),
    [
        ("03", "e1234 5678", "E12345678"),
        ("03", "EA1234567", "EA1234567"),
        ("06", "H1234567801", "H12345678"),
        ("06", "C12345678", "C12345678"),
        ("07", "1234567801(B)", "12345678"),
        ("11", "p370000001", "P370000001"),
        ("12", "37030200100400017", "37030200100400017"),
        ("12", "37030200110100001", "37030200110100001"),
        ("12", "37030200190100001", "37030200190100001"),
        ("13", "CHN370300010100", "CHN370300010100"),
        ("99", "校工作证 12", "校工作证12"),
    ],
)
def test_other_papers(kind, written, number):
    assert read_document(kind, written, on=TODAY).number == number
    assert normalise(kind, written) == number


def test_papers_numbered_like_the_identity_card():
    body = "81000019850101001"
    permit = read_document("14", body + check_digit(body), on=TODAY)
    assert (permit.birth_date, permit.sex) == (date(1985, 1, 1), "1")
    with pytest.raises(Refused) as refused:
        read_document("14", body + ("0" if check_digit(body) != "0" else "1"), on=TODAY)
    assert refused.value.why is ID_CHECK


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("12", "37030200110000001"),  # 100 is neither a committee nor a village
        ("12", "37030200100400000"),
        ("12", "370302001004100000"),  # a sequence of 100000 overflows
        ("11", "1234567890"),
        ("03", "12"),
        ("99", "a\0b"),
        ("99", "x" * 10_000_000),
        ("06", "H1234567"),
    ],
)
def test_other_papers_refused(kind, written):
    with pytest.raises(Refused) as refused:
        read_document(kind, written, on=TODAY)
    assert refused.value.why is DOCUMENT_FORMAT
    assert refused.value.sentence("zh") and refused.value.sentence("en")


def test_an_unknown_kind_is_refused():
    with pytest.raises(Refused) as refused:
        read_document("77", "1", on=TODAY)
    assert refused.value.why is DOCUMENT_KIND


def test_masks_show_little():
    assert mask_number("370302190001010001") == "3703**********0001"
    assert mask_number("E12345678") == "E1*****78"
    assert mask_number("ab") == "**"


def test_sealed_numbers_open_and_never_seal_alike():
    one, two = seal_number("37030219000101001X"), seal_number("37030219000101001X")
    assert one != two
    assert open_number(one) == open_number(two) == "37030219000101001X"


@given(st.text())
def test_looking_up_any_text_never_fails(text):
    assert len(blind_of("01", text)) == 16


@given(st.integers(0, 99_999), st.integers(0, 17), st.integers(0, 9))
def test_any_one_wrong_digit_is_found(sequence, place, digit):
    body = f"37030219{sequence:05d}0101"[:17]
    number = body + check_digit(body)
    wrong = number[:place] + str(digit) + number[place + 1 :]
    assert wrong == number or check_digit(wrong[:17]) != wrong[17]
