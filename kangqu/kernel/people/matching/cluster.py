"""From pairs to people: clusters in which nobody contradicts anybody.

"Same" carries over: if a is b and b is c, then a is c. That is how twins get chained together by a third row that
fits both. So pairs are joined from the surest down, and two clusters are joined only if no row of the one is forbidden
to be a row of the other. A row that fits two people who cannot be one, and neither much better, is given to neither:
all its pairs with them go to a human.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

Node = TypeVar("Node", bound=Hashable)
Contra = TypeVar("Contra", contravariant=True)

MARGIN: Final = 7.0
"""Bits by which one of two rival pairs must be surer than the other to be kept (about 100 to 1)."""
LARGEST: Final = 200
"""Rows of one cluster; a list with more rows of one person than this is shown to a human instead."""


@dataclass(frozen=True, slots=True)
class Link(Generic[Node]):
    """A pair held to be the same person, with its weight in bits."""

    left: Node
    right: Node
    weight: float


@dataclass(frozen=True, slots=True)
class Clusters(Generic[Node]):
    """The clusters of two rows or more, the links that hold within them and those left to a human.

    ``joined_at`` gives for two rows of one cluster the weight of the weakest link on the surest path between them.
    """

    members: tuple[tuple[Node, ...], ...]
    doubtful: tuple[Link[Node], ...]
    joined_at: dict[tuple[Node, Node], float]


class Bonds(Protocol[Contra]):
    """What else is known of two rows that may come to stand in one cluster. All three are symmetric."""

    def forbidden(self, a: Contra, b: Contra, /) -> bool:
        """They can never be one person: two checked numbers, two sexes, two given names with two numbers."""

    def estranged(self, a: Contra, b: Contra, /) -> bool:
        """Their given names differ: one person only if something names both (the same number under either name)."""

    def akin(self, a: Contra, b: Contra, /) -> bool:
        """Their given names agree, or nearly, or one number stands under both."""


def cluster(
    links: Iterable[Link[Node]], bonds: Bonds[Node], *, order: Callable[[Node], tuple[object, ...]]
) -> Clusters[Node]:
    """Join links into clusters without contradiction. ``order`` ranks nodes by content, so that ties are settled
    the same way however the rows were arranged."""
    ranked = sorted(links, key=lambda link: (-link.weight, sorted((order(link.left), order(link.right)))))
    kept, doubtful = _without_rivals(ranked, bonds)
    home: dict[Node, list[Node]] = {}
    joined_at: dict[tuple[Node, Node], float] = {}
    for link in kept:
        mine, yours = home.setdefault(link.left, [link.left]), home.setdefault(link.right, [link.right])
        if mine is yours:
            continue
        if not _may_join(link, mine, yours, bonds):
            doubtful.append(link)
            continue
        for a in mine:
            for b in yours:
                joined_at[a, b] = joined_at[b, a] = link.weight
        mine.extend(yours)
        for node in yours:
            home[node] = mine
    unique = {id(group): group for group in home.values() if len(group) > 1}
    members = sorted((tuple(sorted(group, key=order)) for group in unique.values()), key=lambda group: order(group[0]))
    return Clusters(tuple(members), tuple(doubtful), joined_at)


def _may_join(link: Link[Node], mine: list[Node], yours: list[Node], bonds: Bonds[Node]) -> bool:
    """Whether two clusters hold no pair that is forbidden, and no two given names without a row that bears both."""
    if len(mine) + len(yours) > LARGEST:
        return False
    estranged = False
    for a in mine:
        for b in yours:
            if bonds.forbidden(a, b):
                return False
            estranged = estranged or ({a, b} != {link.left, link.right} and bonds.estranged(a, b))
    return not estranged or any(bonds.akin(a, b) for a in mine for b in yours)


def _without_rivals(ranked: list[Link[Node]], bonds: Bonds[Node]) -> tuple[list[Link[Node]], list[Link[Node]]]:
    """Set aside links of one row to two rows that cannot be one person, unless one link is surer by ``MARGIN``."""
    around: dict[Node, list[Link[Node]]] = defaultdict(list)
    for link in ranked:
        around[link.left].append(link)
        around[link.right].append(link)
    aside: set[tuple[Node, Node]] = set()
    for node, mine in around.items():
        for place, link in enumerate(mine[:LARGEST]):
            for rival in mine[place + 1 : LARGEST]:
                if not _rivals(node, _other(link, node), _other(rival, node), bonds):
                    continue
                aside.add((rival.left, rival.right))
                if link.weight - rival.weight < MARGIN:
                    aside.add((link.left, link.right))
    kept = [link for link in ranked if (link.left, link.right) not in aside]
    return kept, [link for link in ranked if (link.left, link.right) in aside]


def _rivals(node: Node, first: Node, second: Node, bonds: Bonds[Node]) -> bool:
    """Whether ``node`` may be either of two rows but not both: they are forbidden, or neither bears its name."""
    if bonds.forbidden(first, second):
        return True
    return bonds.estranged(first, second) and not bonds.akin(node, first) and not bonds.akin(node, second)


def _other(link: Link[Node], node: Node) -> Node:
    return link.right if link.left == node else link.left
