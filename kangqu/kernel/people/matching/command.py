"""``kangqu link``: the matcher on files, for lists before they are imported."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from kangqu.kernel.people.matching.decide import Decision
from kangqu.kernel.people.matching.files import Listing, read_list, read_map, result_file, write_links
from kangqu.kernel.people.matching.link import Linked, Progress, link, quiet


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of ``link_files`` did: rows read, pairs compared, pairs called the same and pairs left to a human."""

    rows: int
    compared: int
    same: int
    review: int
    clusters: int


def link_files(
    left: Path, right: Path | None, *, columns: str, out: Path, id_column: str | None = None, progress: Progress = quiet
) -> Outcome:
    """Find the rows that are one person, inside ``left`` or between ``left`` and ``right``, and write them to ``out``.

    ``columns`` maps fields to columns as ``files.read_map`` reads it. Nothing is written unless everything is; an
    older file at ``out`` then stays as it was. Raises ``Refused`` as ``refusals`` lists.
    """
    wanted = read_map(columns)
    with result_file(out) as file:
        progress("read", 0, 1)
        first = read_list(left, wanted, id_column=id_column)
        second = None if right is None else read_list(right, wanted, id_column=id_column)
        linked = link(first.subjects, None if second is None else second.subjects, progress=progress)
        write_links(file, linked.pairs, first, second or first, with_ids=id_column is not None)
    return _outcome(linked, first, second)


def _outcome(linked: Linked, first: Listing, second: Listing | None) -> Outcome:
    same = [pair for pair in linked.pairs if pair.decision is Decision.SAME]
    return Outcome(
        rows=len(first.subjects) + (len(second.subjects) if second else 0),
        compared=linked.compared,
        same=len(same),
        review=len(linked.pairs) - len(same),
        clusters=len({pair.cluster for pair in same}),
    )


STAGES: Final = {
    "read": "读取 reading",
    "block": "找可能的对 finding pairs",
    "compare": "比较 comparing",
    "estimate": "估计权重 learning weights",
    "decide": "判定 deciding",
}


def progress_to(stream: TextIO, clock: Callable[[], float] = time.monotonic, every: float = 0.5) -> Progress:
    """Progress as one line a stage on a stream; on a terminal the line is rewritten with the share done."""
    known, told = "", 0.0
    live = stream.isatty()

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal known, told
        if stage == known and (not live or clock() - told < every):
            return
        known, told = stage, clock()
        share = f" {100 * done // total} %" if done and total else ""
        stream.write(f"\r\x1b[K{STAGES[stage]}{share}" if live else f"{STAGES[stage]}\n")
        stream.flush()

    return tell
