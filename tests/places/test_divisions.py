"""What is known of division codes without a database."""

from __future__ import annotations

import pytest

from kangqu.kernel.places.divisions import (
    CITIES,
    city_rows,
    historic_codes,
    known_code,
    national_rows,
    parent_code,
    villages_of,
)


def test_the_three_cities_have_their_townships():
    rows = city_rows(villages=False)
    assert {city: sum(row.code.startswith(city) for row in rows) for city in CITIES} == {
        "3703": 88,
        "3701": 164,
        "3715": 136,
    }
    names = {row.code: row.name for row in rows}
    assert names["370302001"] == "般阳路街道"
    assert names["370303107"] == "房镇镇"


def test_the_whole_country_is_there_down_to_the_county():
    rows = {row.code for row in national_rows()}
    assert len([code for code in rows if len(code) == 2]) == 31
    assert all(parent_code(code) in rows for code in rows if len(code) > 2)


@pytest.mark.parametrize(
    ("code", "name", "current", "successor"),
    [
        ("370302", "淄川区", True, ""),
        ("371202", "莱城区", False, "370116"),
        ("371523", "茌平县", False, "371503"),
        ("370125", "济阳县", False, "370115"),
        ("372524", "茌平县", False, "371503"),
        ("110103", "崇文区", False, ""),
    ],
)
def test_codes_old_and_new(code, name, current, successor):
    known = known_code(code)
    assert known is not None
    assert (known.name, known.current, known.successor) == (name, current, successor)


@pytest.mark.parametrize("code", ["999999", "37037", "abcdef", "", "３７０３０２", "370302\0"])
def test_codes_nobody_knows(code):
    assert known_code(code) is None


def test_a_functional_zone_reports_under_a_county():
    zones = {row.code: row.reports_under for row in national_rows() if row.reports_under}
    assert zones == {"370176": "370112", "370371": "370303"}


def test_successors_exist():
    current = {row.code for row in national_rows()}
    assert all(each.successor in current for each in historic_codes())


def test_villages_are_made_the_same_every_time():
    first = villages_of("370302111")
    villages_of.cache_clear()
    assert villages_of("370302111") == first
    assert all(village.generated and len(village.code) == 12 for village in first)
    assert len({village.name for village in first}) == len(first)
    zibo = sum(len(villages_of(row.code)) for row in city_rows(["3703"], villages=False))
    assert 2_500 < zibo < 3_300
