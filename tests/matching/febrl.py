"""The public FEBRL sets, and the measure every set is held to: pairwise precision, recall and F1."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "febrl"
MAP = (
    "given_name=given_name,surname=surname,birth_date=date_of_birth,"
    "address=street_number+address_1+address_2+suburb+postcode+state,identifier=soc_sec_id"
)
Pairs = set[tuple[int, int]]


@dataclass(frozen=True)
class Score:
    """Of the pairs called the same, how many are; of the pairs that are the same, how many were called so."""

    precision: float
    recall: float
    false_pairs: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def true_pairs(people: Sequence[object]) -> Pairs:
    """Every pair of rows (1-based) of one person, given each row's person."""
    rows: dict[object, list[int]] = defaultdict(list)
    for row, person in enumerate(people, start=1):
        rows[person].append(row)
    return {pair for group in rows.values() for pair in combinations(group, 2)}


def febrl_truth(name: str) -> Pairs:
    """The pairs that share the number inside ``rec_id``."""
    with (FOLDER / name).open(encoding="utf-8") as file:
        return true_pairs([row["rec_id"].split("-")[1] for row in csv.DictReader(file, skipinitialspace=True)])


def found_pairs(path: Path, decisions: Iterable[str] = ("same",)) -> Pairs:
    """The pairs of a result file with one of these decisions."""
    with path.open(encoding="utf-8") as file:
        return {
            (int(row["left_row"]), int(row["right_row"]))
            for row in csv.DictReader(file)
            if row["decision"] in set(decisions)
        }


def score(found: Pairs, truth: Pairs) -> Score:
    right = len(found & truth)
    return Score(right / len(found) if found else 1.0, right / len(truth) if truth else 1.0, len(found - truth))
