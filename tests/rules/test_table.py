"""Rule tables kept as data: heads, versions by date, and what matched or was missing."""

from __future__ import annotations

from datetime import date

import pytest

from kangqu.kernel.rules.source import Mark
from kangqu.kernel.rules.table import judge_rows, rows_in_force, rows_of

DATA = {
    "document": "某规范",
    "mark": "B",
    "starts": date(2020, 1, 1),
    "rule": [
        {"id": "A", "when": {"age": {"at_least": 12, "below": 56}, "sex": "female"}, "most": 7},
        {"id": "B", "mark": "D", "starts": date(2025, 1, 1), "ends": date(2026, 1, 1)},
    ],
}
ROWS = rows_of(DATA)


def test_a_row_has_what_the_head_says_and_its_own():
    first, second = ROWS
    assert (first.source.document, first.source.mark, first.fields["most"]) == ("某规范", Mark.RESTATED, 7)
    assert second.source.mark is Mark.DESIGN and second.starts == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("day", "ids"),
    [
        (date(2019, 12, 31), []),
        (date(2020, 1, 1), ["A"]),
        (date(2025, 1, 1), ["A", "B"]),
        (date(2025, 12, 31), ["A", "B"]),
        (date(2026, 1, 1), ["A"]),
    ],
)
def test_what_is_in_force(day, ids):
    assert list(rows_in_force(ROWS, on=day)) == ids


def test_two_versions_at_once_are_a_mistake():
    with pytest.raises(ValueError, match="two versions"):
        rows_in_force((*ROWS, *ROWS), on=date(2021, 1, 1))


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ({"age": 12, "sex": "female"}, True),
        ({"age": 55, "sex": "female"}, True),
        ({"age": 11, "sex": "female"}, False),
        ({"age": 56, "sex": "female"}, False),
        ({"age": 30, "sex": "male"}, False),
        ({"age": 30}, None),
        ({"age": 60, "sex": None}, False),
        ({}, None),
    ],
)
def test_a_row_holds_does_not_or_lacks_a_fact(facts, holds):
    assert ROWS[0].holds(facts) is holds


def test_the_verdict_names_what_matched_and_what_was_missing():
    verdict = judge_rows(ROWS, {"age": 30})
    assert [row.id for row in verdict.matched] == ["B"]
    assert [(row.id, lacking) for row, lacking in verdict.unjudged] == [("A", ("sex",))]
