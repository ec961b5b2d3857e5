"""Lists as files: reading rows by a map of columns, and writing what was found.

A list is CSV with a header, in UTF-8 (with or without mark) or GB 18030, separated by commas, semicolons or tabs; blanks after a
separator are not part of the value. It is read as a stream: what is kept of a row is what is compared.
"""

from __future__ import annotations

import codecs
import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Final, TextIO

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.matching import refusals
from kangqu.kernel.people.matching.link import Found
from kangqu.kernel.people.matching.normalise import prepare
from kangqu.kernel.people.matching.rows import Row, Subject

LONGEST_CELL: Final = 1_000_000
MOST_ROWS: Final = 200_000
"""Rows of one file: a row takes about 10 kB while a list is linked, so that this many take about 2 GB."""
CHUNK: Final = 1 << 20
FIELDS: Final = tuple(field.name for field in fields(Row))
_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

ColumnMap = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list made comparable: its subjects, and the value of the id column of each row if one was asked for."""

    subjects: tuple[Subject, ...]
    ids: tuple[str, ...]


def read_map(text: str) -> ColumnMap:
    """``given_name=first,address=street+suburb`` as field → columns; refused when not of that form."""
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, columns = part.partition("=")
        wanted = tuple(column.strip() for column in columns.split("+"))
        if not equals or name.strip() not in FIELDS or name.strip() in found or not all(wanted):
            raise Refused(refusals.MAP, field="map", part=part, fields=", ".join(FIELDS))
        found[name.strip()] = wanted
    if not found:
        raise Refused(refusals.MAP, field="map", part=text or "(empty)", fields=", ".join(FIELDS))
    return found


def read_list(path: Path, columns: ColumnMap, *, id_column: str | None = None) -> Listing:
    """Every row of a file as a subject, or a refusal that names the file and the line."""
    subjects: list[Subject] = []
    ids: list[str] = []
    with _opened(path) as file:
        rows = _rows(file, path)
        header = next(rows, None)
        if header is None or not any(header):
            raise Refused(refusals.FILE_EMPTY, path=path)
        places = {name: [_place(header, column, path) for column in wanted] for name, wanted in columns.items()}
        id_place = None if id_column is None else _place(header, id_column, path)
        for row in rows:
            if len(subjects) >= MOST_ROWS:
                raise Refused(refusals.TOO_MANY_ROWS, path=path, limit=MOST_ROWS)
            subjects.append(prepare(Row(**{name: _joined(row, wanted) for name, wanted in places.items()})))
            ids.append("" if id_place is None else row[id_place])
    return Listing(tuple(subjects), tuple(ids))


def _place(header: Sequence[str], column: str, path: Path) -> int:
    if column not in header:
        raise Refused(refusals.COLUMN, field="map", path=path, column=column, columns=", ".join(header[:50]))
    return header.index(column)


def _joined(row: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(value for value in (row[place] for place in places) if value)


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        encoding = _encoding(path)
        file = path.open(encoding=encoding, newline="")
    except OSError as error:
        raise Refused(refusals.FILE_MISSING, field="file", path=path, reason=error.strerror or error) from None
    with file:
        yield file


def _encoding(path: Path) -> str:
    """The encoding that reads the whole file: UTF-8 if it can, else GB 18030; found piece by piece, never at once."""
    unreadable = 0
    with path.open("rb") as file:
        if file.read(2) in _MARKS:
            raise Refused(refusals.ENCODING, field="file", path=path, byte=1)
        for encoding in ("utf-8-sig", "gb18030"):
            file.seek(0)
            unreadable = _first_unreadable(file, encoding)
            if not unreadable:
                return encoding
    raise Refused(refusals.ENCODING, field="file", path=path, byte=unreadable)


def _first_unreadable(file: IO[bytes], encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    while piece := file.read(CHUNK):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            return read + error.start + 1
        read += len(piece)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return max(read, 1)
    return 0


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """The lines of a file, none longer than a cell may be; a longer one is refused before it is in memory."""
    number = 0
    while line := file.readline(2 * LONGEST_CELL):
        number += 1
        if "\0" in line:
            raise Refused(refusals.NUL, field="file", path=path, line=number)
        if len(line) >= 2 * LONGEST_CELL:
            raise Refused(refusals.CELL, field="file", path=path, line=number, limit=LONGEST_CELL)
        yield line


def _rows(file: TextIO, path: Path) -> Iterator[list[str]]:
    """The rows with their cells trimmed; rows without any value are passed over only at the end of the file."""
    first = file.readline(CHUNK)
    file.seek(0)
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(_lines(file, path), delimiter=delimiter, skipinitialspace=True)
    columns = 0
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not columns:
                columns = len(cells)
            if len(cells) > columns and any(cells[columns:]):
                raise Refused(
                    refusals.RAGGED, field="file", path=path, line=reader.line_num, cells=len(cells), columns=columns
                )
            if cells:
                yield cells[:columns] + [""] * (columns - len(cells))
    except csv.Error:
        raise Refused(refusals.CELL, field="file", path=path, line=reader.line_num, limit=LONGEST_CELL) from None


@contextmanager
def result_file(path: Path) -> Iterator[TextIO]:
    """A file that appears under its name only when all of it was written; refused at once if it cannot be."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
    except OSError as error:
        raise Refused(refusals.OUT, field="out", path=path, reason=error.strerror or error) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except OSError as error:
        raise Refused(refusals.OUT, field="out", path=path, reason=error.strerror or error) from None
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def write_links(file: TextIO, pairs: Iterable[Found], left: Listing, right: Listing, *, with_ids: bool) -> None:
    """One line per pair: ``left_row,right_row,probability,decision,cluster``, then the ids if asked for.

    Rows are numbered from 1, the header not counted. ``cluster`` is empty for pairs left to a human.
    """
    writer = csv.writer(file, lineterminator="\n")
    header = ["left_row", "right_row", "probability", "decision", "cluster"]
    writer.writerow(header + ["left_id", "right_id"] * with_ids)
    for pair in pairs:
        line = [pair.left + 1, pair.right + 1, f"{pair.probability:.6f}", pair.decision.value, pair.cluster or ""]
        writer.writerow([*line, left.ids[pair.left], right.ids[pair.right]] if with_ids else line)
