"""Whole lists: made Chinese people, small lists, twins and the rows between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kangqu.kernel.people.matching import Decision, Row, link, prepare
from kangqu.kernel.people.matching.command import link_files
from tests.matching.chinese_people import MAP, City, make_city
from tests.matching.febrl import found_pairs, score, true_pairs


def linked(*rows: Row) -> dict[tuple[int, int], Decision]:
    return {(pair.left, pair.right): pair.decision for pair in link([prepare(row) for row in rows]).pairs}


def measured(city: City, folder: Path, encoding: str = "utf-8") -> tuple[float, float, int]:
    """F1 of the pairs called the same, F1 with those left to a human counted as found, false automatic merges."""
    city.write(folder / "list.csv", encoding=encoding)
    link_files(folder / "list.csv", None, columns=MAP, out=folder / "links.csv")
    truth = true_pairs(city.people)
    same = score(found_pairs(folder / "links.csv"), truth)
    return same.f1, score(found_pairs(folder / "links.csv", ("same", "review")), truth).f1, same.false_pairs


@pytest.mark.slow
def test_a_made_city(tmp_path: Path) -> None:
    same, with_review, false = measured(make_city(11, 1000), tmp_path, "gb18030")
    assert false == 0
    assert same >= 0.97
    assert with_review >= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 26))
def test_more_made_cities(seed: int, tmp_path: Path) -> None:
    same, _, false = measured(make_city(seed, 3000, twins=0.15), tmp_path)
    assert false == 0
    assert same >= 0.97


TWIN = {"birth_date": "2015-06-01", "address": "张店区人民路1号2号楼301", "phone": "13800001234"}


def test_twins_are_not_the_same() -> None:
    found = linked(Row(name="王建国", **TWIN), Row(name="王建军", **TWIN))
    assert Decision.SAME not in found.values()
    found = linked(Row(name="王伟", sex="男", **TWIN), Row(name="王薇", sex="女", **TWIN))
    assert Decision.SAME not in found.values()
    found = linked(Row(given_name="anna", surname="smith", **TWIN), Row(given_name="mark", surname="smith", **TWIN))
    assert Decision.SAME not in found.values()


def test_twins_are_not_chained_by_a_row_that_fits_both() -> None:
    found = linked(
        Row(name="王建国", **TWIN), Row(name="王建国", **TWIN), Row(name="王建军", **TWIN), Row(surname="王", **TWIN)
    )
    assert found[0, 1] is Decision.SAME
    assert {pair for pair, decision in found.items() if decision is Decision.SAME} == {(0, 1)}


def test_a_parents_telephone_joins_nobody() -> None:
    home = {"address": "张店区人民路1号2号楼301", "phone": "13800001234"}
    found = linked(
        Row(name="王建国", birth_date="1980-01-02", sex="男", **home),
        Row(name="李秀英", birth_date="1982-03-04", sex="女", **home),
        Row(name="王小明", birth_date="2010-05-06", sex="男", **home),
    )
    assert Decision.SAME not in found.values()


def test_a_handful_of_rows() -> None:
    found = linked(
        Row(name="张伟", birth_date="1985-03-12", phone="13900001111", identifier=""),
        Row(name="張偉", birth_date="1985/3/12", phone="13900001111", identifier=""),
        Row(name="刘洋", birth_date="1979-08-30", phone="13700002222", identifier=""),
        Row(name="陈静", birth_date="1991-11-02", phone="13600003333", identifier=""),
    )
    assert found == {(0, 1): Decision.SAME}


@pytest.mark.parametrize("rows", [[], [Row()], [Row(), Row()], [Row(name="王伟")] * 2, [Row(phone="13800001234")] * 3])
def test_next_to_nothing(rows: list[Row]) -> None:
    assert Decision.SAME not in linked(*rows).values() or rows[0].name


def test_a_hundred_rows_of_one_person_are_one_cluster() -> None:
    row = Row(
        name="欧阳娜娜",
        birth_date="1990-01-31",
        phone="13800001234",
        address="张店区人民路1号",
        identifier="370302199001310021",
    )
    result = link([prepare(row)] * 30)
    assert len(result.pairs) == 30 * 29 / 2
    assert {pair.cluster for pair in result.pairs} == {1}
