"""The public record-linkage sets, as supplied, through the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from kangqu.kernel.people.matching.command import link_files
from tests.matching.febrl import FOLDER, MAP, febrl_truth, found_pairs, score

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["dataset1.csv", "dataset2.csv"])
def test_f1_of_pairs_called_the_same(name: str, tmp_path: Path) -> None:
    out = tmp_path / "links.csv"
    link_files(FOLDER / name, None, columns=MAP, out=out)
    truth = febrl_truth(name)
    same, all_found = score(found_pairs(out), truth), score(found_pairs(out, ("same", "review")), truth)
    assert same.f1 >= 0.99
    assert same.false_pairs == 0
    assert all_found.f1 >= 0.99


def test_a_list_against_another_finds_what_one_list_finds_inside(tmp_path: Path) -> None:
    lines = (FOLDER / "dataset1.csv").read_text(encoding="utf-8").splitlines()
    header, rows = lines[0], lines[1:]
    originals = [row for row in rows if "-org" in row.split(",")[0]]
    copies = [row for row in rows if "-dup" in row.split(",")[0]]
    for name, part in (("a.csv", originals), ("b.csv", copies)):
        (tmp_path / name).write_text("\n".join([header, *part]) + "\n", encoding="gb18030")
    link_files(tmp_path / "a.csv", tmp_path / "b.csv", columns=MAP, out=tmp_path / "links.csv")
    people = [{row.split("-")[1]: place for place, row in enumerate(part, start=1)} for part in (originals, copies)]
    truth = {(people[0][person], people[1][person]) for person in people[0] if person in people[1]}
    assert score(found_pairs(tmp_path / "links.csv"), truth).f1 >= 0.99
