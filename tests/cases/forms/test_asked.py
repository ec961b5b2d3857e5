"""What is asked of whom, as the reader decides it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.forms.asked import FORM, PLAIN, TABLE


@pytest.mark.parametrize(("typed", "asked"), TABLE)
def test_what_is_asked(typed: dict[str, Any], asked: set[str]) -> None:
    assert set(FORM.asked(typed)) == PLAIN | asked


def test_every_field_is_asked_and_not_asked_somewhere_in_the_table() -> None:
    depends = {field.name for field in FORM.fields} - PLAIN
    never = {"as_list"}  # several answers are never one
    assert set().union(*(asked for _, asked in TABLE)) == depends - never
    assert set.intersection(*(asked for _, asked in TABLE)) == set()
