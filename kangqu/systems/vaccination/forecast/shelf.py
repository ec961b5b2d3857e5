"""What a question is judged by: the series of the programmes asked for, and the gaps, bars and advice that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kangqu.systems.vaccination.forecast.book import programmes
from kangqu.systems.vaccination.forecast.schedule import Advice, Bar, Effect, Family, Gap


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Ready for use: ``gaps`` by the product that has to wait."""

    families: tuple[Family, ...]
    gaps: tuple[Gap, ...]
    gaps_of: dict[str, tuple[Gap, ...]]
    holding: dict[str, tuple[Gap, ...]]  # those of them that put an offer off
    bars: tuple[Bar, ...]
    advice: tuple[Advice, ...]


@lru_cache(maxsize=64)
def shelf_of(asked: frozenset[str]) -> Shelf:
    """The shelf of the programmes asked for and of what always holds; ``KeyError`` for one there is no file of."""
    known = programmes()
    wanted = [*(each for each in known.values() if each.always), *(known[code] for code in sorted(asked))]
    gaps = tuple(gap for programme in wanted for gap in programme.gaps)
    waiting = {code: tuple(gap for gap in gaps if code in gap.then) for code in {c for gap in gaps for c in gap.then}}
    return Shelf(
        families=tuple(family for programme in wanted for family in programme.families),
        gaps=gaps,
        gaps_of=waiting,
        holding={code: tuple(gap for gap in found if gap.effect is not Effect.NOTE) for code, found in waiting.items()},
        bars=tuple(bar for programme in wanted for bar in programme.bars),
        advice=tuple(each for programme in wanted for each in programme.advice),
    )


def default_programmes() -> frozenset[str]:
    """The programmes meant when none is named."""
    return frozenset(each.code for each in programmes().values() if each.default)
