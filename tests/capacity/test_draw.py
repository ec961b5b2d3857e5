"""A draw follows from its published list and seed alone; asking a hundred times as often gains nothing."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from kangqu.kernel.capacity.draw import Entry, digest_of, draw, in_order

entries = st.lists(
    st.builds(
        Entry,
        code=st.text("ABCDEFGH0123", min_size=1, max_size=6),
        wishes=st.lists(st.sampled_from(["a", "b", "c"]), unique=True).map(tuple),
        household=st.sampled_from(["", "h1", "h2", "h3"]),
    ),
    unique_by=lambda each: each.code,
    max_size=40,
)
places = st.fixed_dictionaries({"a": st.integers(0, 5), "b": st.integers(0, 5)})


@settings(max_examples=200, deadline=None)
@given(entries, places, st.text(max_size=20), st.integers(1, 3), st.randoms())
def test_what_holds_of_every_draw(
    asked: list[Entry], there: dict[str, int], seed: str, of_household: int, rng: random.Random
) -> None:
    given_to = draw(asked, there, seed, of_household=of_household)
    by_code = {each.code: each for each in asked}
    assert all(place in by_code[code].wishes for code, place in given_to.items())
    taken = Counter(given_to.values())
    assert all(taken[place] <= there.get(place, 0) for place in taken), "nothing is given twice"
    households = Counter(by_code[code].household for code in given_to if by_code[code].household)
    assert all(count <= of_household for count in households.values())
    mixed = asked * 3
    rng.shuffle(mixed)
    assert draw(mixed, there, seed, of_household=of_household) == given_to, "order and repetition change nothing"
    for each in asked:
        if each.code not in given_to and not each.household:
            assert all(taken[wish] == there.get(wish, 0) for wish in each.wishes), "nobody is passed over"


def test_every_place_in_the_order_is_as_likely() -> None:
    asked = [Entry(f"E{number}", ("a",)) for number in range(10)]
    first = Counter(in_order(asked, f"seed-{number}")[0].code for number in range(2_000))
    assert min(first.values()) > 140
    assert max(first.values()) < 260


def test_a_published_draw_is_what_it_is() -> None:
    asked = [Entry("A1", ("a",), "h"), Entry("B2", ("a", "b"), "h"), Entry("C3", ("b",)), Entry("D4", ("b",))]
    assert digest_of("康衢") == "7b5da4db1b3aca9192da3e02d2fda1019fe4bffa25657264b9546db4a4c48aea"
    assert [each.code for each in in_order(asked, "2026")] == ["D4", "C3", "B2", "A1"]
    assert draw(asked, {"a": 1, "b": 1}, "2026", of_household=1) == {"D4": "b", "B2": "a"}
    assert draw(asked, {"a": 2, "b": 1}, "2026", of_household=1) == {"D4": "b", "B2": "a"}, "one of a household"
