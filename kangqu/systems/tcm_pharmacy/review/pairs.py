"""十八反 and 十九畏: every two herbs of the prescription, either order."""

from __future__ import annotations

from itertools import combinations

from kangqu.systems.tcm_pharmacy.review.book import Pair
from kangqu.systems.tcm_pharmacy.review.lines import Lines
from kangqu.systems.tcm_pharmacy.review.notes import Notes, in_english


def pairs(lines: Lines, notes: Notes) -> None:
    """One finding for each two herbs that a group holds; forms of a herb count as the herb."""
    table = notes.book.pairs
    named = [(name, kin) for name, kin in lines.names if not kin.isdisjoint(table)]
    for (one, kin), (other, others) in combinations(named, 2):
        found = {pair.group.id: pair for name in kin for each in others for pair in table.get(name, {}).get(each, ())}
        for pair in found.values():
            _say(pair, (one, other) if pair.left in kin else (other, one), notes)


def _say(pair: Pair, sides: tuple[str, str], notes: Notes) -> None:
    left, right = sides
    notes.find(
        pair.group.fields["family"],
        sides,
        group=pair.group,
        detail=f"{left}+{right}",
        left=left,
        right=right,
        left_en=in_english(left),
        right_en=in_english(right),
    )
