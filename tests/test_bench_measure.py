"""A figure says what it is held against and whether it holds."""

from __future__ import annotations

import json

import pytest

from bench.measure import Figure, Peer, in_turns, options, percentile, report


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (Figure("plain", 1, "s"), True),
        (Figure("fast enough", 29.9, "ms", at_most=30), True),
        (Figure("too slow", 30.1, "ms", at_most=30), False),
        (Figure("a quarter", 25, "rows/s", peer=Peer("COPY", 100), at_least=0.25), True),
        (Figure("less", 24, "rows/s", peer=Peer("COPY", 100), at_least=0.25), False),
        (Figure("no peer ran", 24, "rows/s", peer=Peer("COPY", 0), at_least=0.25), False),
        (Figure("not a number", float("nan"), "", at_least=0), False),
    ],
)
def test_a_figure_holds_against_its_bar(figure, holds):
    assert figure.holds is holds


def test_a_missed_bar_is_said_and_is_the_exit_code(capsys):
    asked = options("x", "about", ["--json"])
    assert report("x", asked, [Figure("a", 1, "s", at_most=2)]) == 0
    assert json.loads(capsys.readouterr().out)["figures"][0]["holds"] is True
    assert report("x", options("x", "about", []), [Figure("a", 3, "s", at_most=2)]) == 1
    assert "MISSED" in capsys.readouterr().out


def test_works_run_in_turns():
    order: list[str] = []
    in_turns(2, lambda: order.append("a"), lambda: order.append("b"))
    assert order == ["a", "b", "a", "b"]


def test_percentile_is_a_value_that_was_measured():
    assert percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert percentile([5, 1, 4, 2, 3], 0.99) == 5
    assert percentile([7], 0.0) == 7
