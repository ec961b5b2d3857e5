"""Phone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.phones import (
    PHONE_FORMAT,
    mask_phone,
    normalise_phone,
    open_phone,
    phone_blind,
    read_phone,
    seal_phone,
)


@pytest.mark.parametrize(
    ("written", "number", "shown"),
    [
        ("13800000000", "+8613800000000", "138****0000"),
        ("+86 138-0000-0000", "+8613800000000", "138****0000"),
        ("０１３８０００００００", "", ""),
        ("0533-2860001", "+865332860001", "5332****01"),
        ("０５３３－２８６０００１", "+865332860001", "5332****01"),
        ("+1 650 253 0000", "+16502530000", "+165******00"),
        ("400 810 0000", "+864008100000", "4008****00"),
    ],
)
def test_reading(written, number, shown):
    assert normalise_phone(written) == number
    if number:
        assert mask_phone(number) == shown
        assert open_phone(seal_phone(number)) == number
        assert phone_blind(number) == phone_blind(read_phone(written))


@pytest.mark.parametrize(
    "written", ["", "12", "2860001", "abc", "138000000001", "1380000000", "1" * 39, "1" * 10_000_000, "\0"]
)
def test_what_is_not_a_phone_number(written):
    with pytest.raises(Refused) as refused:
        read_phone(written)
    assert refused.value.why is PHONE_FORMAT


@given(st.text(max_size=45))
def test_looking_up_any_text_never_fails(text):
    assert len(normalise_phone(text)) <= 20
