"""Files as rows of text: CSV in UTF-8 or GB18030, NDJSON, XLSX. Bounded memory; hostile files are refused, never read on.

A reader yields ``(line, cells)``: the line as a spreadsheet numbers it (the header is line 1), and the cells as text.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Final

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing.limits import MEBIBYTE, Limits
from kangqu.kernel.people.importing.refusals import FILE_BROKEN, FILE_EMPTY, FILE_ENCODING, FILE_KIND, FILE_TOO_LARGE

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")

Row = tuple[int, list[str]]


class Sniffer:
    """Finds out, while a file passes by in blocks, what it is and how it is encoded."""

    def __init__(self, encoding: str = "auto") -> None:
        wanted = ("utf-8", "gb18030") if encoding == "auto" else (encoding,)
        self._decoders = {name: codecs.getincrementaldecoder(name)() for name in wanted}
        self._seen, self._start, self.broken_at = 0, b"", 0

    def feed(self, block: bytes) -> None:
        if len(self._start) < 1024:
            self._start += block[:1024]
        if not self.is_spreadsheet:
            self._decode(block, final=False)
        self._seen += len(block)

    def _decode(self, block: bytes, *, final: bool) -> None:
        for name, decoder in list(self._decoders.items()):
            try:
                decoder.decode(block, final)
            except UnicodeDecodeError as broken:
                self.broken_at = self.broken_at or self._seen + broken.start
                # A byte order mark of UTF-8 says what was meant: what breaks it is damage, not another encoding.
                if name == "utf-8" and self._start.startswith(codecs.BOM_UTF8):
                    self._decoders.clear()
                    return
                del self._decoders[name]

    @property
    def is_spreadsheet(self) -> bool:
        return self._start.startswith(b"PK\x03\x04")

    def conclude(self) -> tuple[str, str]:
        """(format, encoding), or a refusal."""
        start = self._start.removeprefix(codecs.BOM_UTF8).lstrip()
        if not start:
            raise Refused(FILE_EMPTY)
        if self.is_spreadsheet:
            return "xlsx", ""
        if self._start.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b", b"Rar!")):
            raise Refused(FILE_KIND)
        self._decode(b"", final=True)
        if not self._decoders:
            raise Refused(FILE_ENCODING, byte=self.broken_at + 1)
        return ("ndjson" if start.startswith(b"{") else "csv"), next(iter(self._decoders))


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a file that can be read from front to back."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self._left = iter(blocks), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(buffer)  # type: ignore[arg-type]
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = memoryview(block)
        count = min(len(target), len(self._left))
        target[:count], self._left = self._left[:count], self._left[count:]
        return count


def read_rows(kind: str, encoding: str, blocks: Iterable[bytes], limits: Limits) -> Iterator[Row]:
    """The rows of a file, header first."""
    if kind == "xlsx":
        rows: Iterator[Row] = _spreadsheet_rows(blocks, limits)
    elif kind == "ndjson":
        rows = _json_rows(_lines(blocks, encoding, limits), limits)
    else:
        rows = _csv_rows(_lines(blocks, encoding, limits), limits)
    for count, row in enumerate(rows):
        if count > limits.rows:
            raise Refused(FILE_TOO_LARGE, what="行 rows", limit=limits.rows)
        yield row


def _lines(blocks: Iterable[bytes], encoding: str, limits: Limits) -> Iterator[str]:
    text = io.TextIOWrapper(
        io.BufferedReader(_Blocks(blocks), MEBIBYTE),
        encoding="utf-8-sig" if encoding == "utf-8" else encoding,
        newline="",
    )
    number = 0
    try:
        while line := text.readline(limits.line_characters):
            number += 1
            if len(line) == limits.line_characters and line[-1] not in "\r\n":
                raise Refused(FILE_TOO_LARGE, what=f"第 {number} 行 line", limit=limits.line_characters)
            if "\0" in line:
                raise Refused(FILE_BROKEN, line=number, detail="NUL")
            yield line
    except UnicodeDecodeError as broken:
        raise Refused(FILE_ENCODING, byte=broken.start + 1) from None


def _csv_rows(lines: Iterator[str], limits: Limits) -> Iterator[Row]:
    first = next(lines, "")
    rest = (line for part in ([first], lines) for line in part)
    csv.field_size_limit(limits.line_characters)
    reader = csv.reader(rest, delimiter=_delimiter(first), strict=False)
    longest = limits.cell_characters
    try:
        for line, cells in enumerate(reader, 1):
            if len(cells) > limits.columns:
                raise Refused(FILE_TOO_LARGE, what="列 columns", limit=limits.columns)
            if max(map(len, cells), default=0) > longest:
                raise Refused(FILE_TOO_LARGE, what=f"第 {line} 行的一格 cell", limit=longest)
            if any(cells):
                yield line, cells
    except csv.Error as broken:
        raise Refused(FILE_BROKEN, line=reader.line_num, detail=str(broken)) from None


def _delimiter(header: str) -> str:
    return max(",\t;", key=header.count)


def _json_rows(lines: Iterator[str], limits: Limits) -> Iterator[Row]:
    """Objects, one a line. A key met for the first time is a new column: the header is given out again, longer."""
    places: dict[str, int] = {}
    for line, text in enumerate(lines, 2):
        if not text.strip():
            continue
        try:
            found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            raise Refused(FILE_BROKEN, line=line - 1, detail="JSON") from None
        if not isinstance(found, dict):
            raise Refused(FILE_BROKEN, line=line - 1, detail="JSON object")
        if fresh := [key for key in found if key not in places]:
            for key in fresh:
                places[key] = len(places)
            if len(places) > limits.columns:
                raise Refused(FILE_TOO_LARGE, what="列 columns", limit=limits.columns)
            yield 1, [_UNSTORABLE.sub("\ufffd", key) for key in places]
        cells = [""] * len(places)
        for key, value in found.items():
            cells[places[key]] = _json_cell(value)
        if max(map(len, cells), default=0) > limits.cell_characters:
            raise Refused(FILE_TOO_LARGE, what=f"第 {line - 1} 行的一格 cell", limit=limits.cell_characters)
        yield line, cells


NOT_A_CELL: Final = "\ufffc"
"""Stands for a value that is no text and no number; the row is told so."""


def _json_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    return NOT_A_CELL


def _spreadsheet_rows(blocks: Iterable[bytes], limits: Limits) -> Iterator[Row]:
    """Read by a process of its own, whose memory and time are limited: a workbook made to explode ends there."""
    command = [sys.executable, "-m", "kangqu.kernel.people.importing.spreadsheet", str(limits.spreadsheet_memory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdin and child.stdout
        try:
            _feed(child.stdin, blocks)
            yield from _answers(child.stdout, limits)
        finally:
            child.kill()


def _feed(pipe: IO[bytes], blocks: Iterable[bytes]) -> None:
    try:
        for block in blocks:
            pipe.write(block)
        pipe.close()
    except BrokenPipeError:
        return


def _answers(pipe: Iterable[bytes], limits: Limits) -> Iterator[Row]:
    line = 0
    for answer in pipe:
        said = json.loads(answer)
        if isinstance(said, dict):
            if said.get("end"):
                return
            raise (
                Refused(FILE_TOO_LARGE, what="表格 sheet", limit=said["limit"])
                if "limit" in said
                else Refused(FILE_BROKEN, line=said.get("line", line + 1), detail=said.get("detail", "xlsx"))
            )
        line, cells = said
        if len(cells) > limits.columns:
            raise Refused(FILE_TOO_LARGE, what="列 columns", limit=limits.columns)
        if max(map(len, cells), default=0) > limits.cell_characters:
            raise Refused(FILE_TOO_LARGE, what=f"第 {line} 行的一格 cell", limit=limits.cell_characters)
        yield line, [_UNSTORABLE.sub("\ufffd", cell) for cell in cells]
    raise Refused(FILE_BROKEN, line=line + 1, detail="xlsx")
