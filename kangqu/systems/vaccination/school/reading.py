"""A class list as it was written: its columns found by their heads, its rows as they stand. Nothing is looked up here."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from typing import Final

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing.formats import Sniffer, read_rows
from kangqu.kernel.people.importing.limits import MEBIBYTE, limits_on
from kangqu.kernel.people.importing.refusals import FILE_TOO_LARGE
from kangqu.systems.vaccination.school.refusals import COLUMNS_MISSING, LIST_LONG

MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 10 * MEBIBYTE
_TABLE: Final = tomllib.loads(files("kangqu.systems.vaccination.school").joinpath("grades.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list. ``grade`` is none where it is not one of 1 to 12."""

    line: int
    name: str
    number: str
    grade: int | None
    class_name: str


def folded(text: str) -> str:
    """What heads and grades are compared by: no spaces, no case, no full-width forms."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


_GRADES: Final[Mapping[str, int]] = {
    folded(text): int(grade) for grade, also in _TABLE["grade"].items() for text in (grade, *also)
}
_HEADS: Final[Mapping[str, str]] = {folded(text): name for name, heads in _TABLE["columns"].items() for text in heads}


def grade_of(text: str) -> int | None:
    """The grade that is meant: 7 of “7”, “七年级”, “初一”; none where nobody can say."""
    return _GRADES.get(folded(text))


def read_list(blocks: Iterable[bytes], on: date) -> list[Line]:
    """The rows of an Excel or CSV file (UTF-8 or GB18030), at most 10,000 in 10 MB; refused as a whole when it is no such list."""
    kept = _kept(blocks)
    sniffer = Sniffer()
    for block in kept:
        sniffer.feed(block)
    limits = replace(limits_on(on), rows=MOST_ROWS + 1)
    try:
        rows = list(read_rows(*sniffer.conclude(), kept, limits))
    except Refused as refused:
        if refused.why is FILE_TOO_LARGE and refused.facts.get("limit") == MOST_ROWS + 1:
            raise Refused(LIST_LONG, field="file", most=MOST_ROWS) from None
        raise
    if len(rows) > MOST_ROWS + 1:
        raise Refused(LIST_LONG, field="file", most=MOST_ROWS)
    return list(_lines(iter(rows)))


def _kept(blocks: Iterable[bytes]) -> list[bytes]:
    kept, size = list[bytes](), 0
    for block in blocks:
        size += len(block)
        if size > MOST_BYTES:
            raise Refused(FILE_TOO_LARGE, field="file", what="文件 file", limit=f"{MOST_BYTES // MEBIBYTE} MB")
        kept.append(block)
    return kept


def _lines(rows: Iterator[tuple[int, list[str]]]) -> Iterator[Line]:
    _first, heads = next(rows, (1, list[str]()))
    places = {_HEADS[folded(head)]: place for place, head in reversed(list(enumerate(heads))) if folded(head) in _HEADS}
    if lacking := [heads[0] for name, heads in _TABLE["columns"].items() if name not in places]:
        raise Refused(COLUMNS_MISSING, field="file", columns="、".join(lacking))

    def cell(cells: list[str], name: str) -> str:
        place = places[name]
        return " ".join(cells[place].split())[:200] if place < len(cells) else ""

    for line, cells in rows:
        written = {name: cell(cells, name) for name in places}
        if any(written.values()):
            number = unicodedata.normalize("NFKC", written["number"]).replace(" ", "").upper()
            yield Line(line, written["name"], number, grade_of(written["grade"]), written["class_name"])
