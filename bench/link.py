"""The matcher on lists: how right it is on sets whose truth is known, and how fast on ten thousand rows.

F1 is over pairs of rows at decision "same"; beside it stands F1 with the pairs left to a human counted as found.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from bench.measure import Figure, options, report, seconds_of
from kangqu.kernel.people.matching import index_weights, judge
from kangqu.kernel.people.matching.command import link_files
from kangqu.kernel.people.matching.files import read_list, read_map
from kangqu.kernel.people.matching.frequencies import IndexFrequencies
from tests.matching import chinese_people, febrl

SEEDS = range(101, 104)
ROWS = 10_000


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if a figure misses its bar."""
    asked = options(
        "link",
        "the matcher on lists",
        argv,
        ("--rows", {"type": int, "default": ROWS, "help": "rows of the timed list"}),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = [
            *(figure for number in (1, 2) for figure in _febrl(number, folder)),
            *(figure for seed in SEEDS for figure in _chinese(seed, folder)),
            *_timed(asked.rows, folder),
        ]
    return report("link", asked, figures)


def _febrl(number: int, folder: Path) -> list[Figure]:
    name, out = f"dataset{number}.csv", folder / "febrl.csv"
    link_files(febrl.FOLDER / name, None, columns=febrl.MAP, out=out)
    return _scores(f"FEBRL {number}", out, febrl.febrl_truth(name), at_least=0.99)


def _chinese(seed: int, folder: Path) -> list[Figure]:
    city = chinese_people.make_city(seed, 2_000)
    city.write(folder / "city.csv", encoding="gb18030")
    link_files(folder / "city.csv", None, columns=chinese_people.MAP, out=folder / "links.csv")
    return _scores(f"Chinese {seed}", folder / "links.csv", febrl.true_pairs(city.people), at_least=0.97)


def _scores(name: str, out: Path, truth: febrl.Pairs, *, at_least: float) -> list[Figure]:
    same = febrl.score(febrl.found_pairs(out), truth)
    both = febrl.score(febrl.found_pairs(out, ("same", "review")), truth)
    return [
        Figure(f"{name}: F1 at same", same.f1, "", at_least=at_least),
        Figure(f"{name}: F1 with review", both.f1, ""),
        Figure(f"{name}: false automatic merges", same.false_pairs, "pairs", at_most=0),
    ]


def _timed(rows: int, folder: Path) -> list[Figure]:
    """The whole command on a list of ``rows`` rows, and one pair with the published weights."""
    city = chinese_people.make_city(100, rows)
    city.write(folder / "long.csv")
    began = time.process_time()
    seconds = seconds_of(
        lambda: link_files(folder / "long.csv", None, columns=chinese_people.MAP, out=folder / "long-links.csv")
    )
    busy = time.process_time() - began
    subjects = read_list(folder / "long.csv", read_map(chinese_people.MAP)).subjects[:3_000]
    pairs = list(pairwise(subjects))
    weights, shares = index_weights(), IndexFrequencies()
    judge(*pairs[0], weights, shares)  # reads the tables
    began = time.process_time()
    for a, b in pairs:
        judge(a, b, weights, shares)
    each = (time.process_time() - began) / len(pairs)
    return [
        *_scores(f"{len(city.rows)} rows", folder / "long-links.csv", febrl.true_pairs(city.people), at_least=0.97),
        Figure(f"link {len(city.rows)} rows, read and written", seconds, "s", at_most=60 * len(city.rows) / ROWS),
        Figure("of which processor time", busy, "s"),
        Figure("rows linked", len(city.rows) / seconds, "rows/s"),
        Figure("one pair against the index, processor time", each * 1e6, "µs"),
    ]
