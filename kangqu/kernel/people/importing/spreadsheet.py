"""Reads one workbook from its standard input and prints its rows as JSON lines. Run as a process of its own.

Whatever a hostile workbook does to the reader (memory, time, a crash) it does to this process alone. Before the
workbook is opened its parts are measured: what unpacks to more than the limit, or names a cell so far out that the
table between would fill the memory, is refused.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any, Final

_SECONDS: Final = 300
_CELLS: Final = 200_000_000
_COLUMNS: Final = 1024
_REFERENCE: Final = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_BLOCK: Final = 1 << 20


def main() -> None:
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    say = sys.stdout.write
    content = sys.stdin.buffer.read()
    try:
        if (limit := too_large(content, memory)) is not None:
            say(json.dumps({"limit": limit}) + "\n")
            return
        rows(content, say)
        say('{"end": true}\n')
    except MemoryError:
        say(json.dumps({"limit": f"{memory >> 20} MB"}) + "\n")
    except BaseException as broken:  # noqa: BLE001 - the reader's panics are no Exceptions
        say(json.dumps({"detail": f"xlsx: {type(broken).__name__}"}) + "\n")


def too_large(content: bytes, memory: int) -> str | None:
    """What is too large about a packed workbook, or None."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = 0
        for part in archive.infolist():
            sheet = part.filename.startswith("xl/worksheets/")
            with archive.open(part) as stream:
                tail = b""
                while block := stream.read(_BLOCK):
                    unpacked += len(block)
                    if unpacked > memory // 4:
                        return f"{memory // 4 >> 20} MB"
                    if sheet and _far_out(tail + block):
                        return f"{_COLUMNS} × {_CELLS // _COLUMNS}"
                    tail = block[-32:]
    return None


def _far_out(block: bytes) -> bool:
    # Only references in the last columns can be far out: rows alone are bounded by the format.
    return any(_column(letters) > _COLUMNS for letters, _ in _REFERENCE.findall(block) if len(letters) == 3)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def rows(content: bytes, say: Any) -> None:
    """Print every row of the first sheet that holds something."""
    from python_calamine import load_workbook

    workbook = load_workbook(io.BytesIO(content))
    sheet = workbook.get_sheet_by_index(0)
    first = (sheet.start or (0, 0))[0]
    for line, cells in enumerate(sheet.iter_rows(), first + 1):
        texts = [text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            say(json.dumps([line, texts], ensure_ascii=True) + "\n")


def text(cell: object) -> str:
    """A cell as text. A number beyond fifteen digits stays in exponent form: its last digits are not to be had."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return f"{cell:.14E}" if abs(cell) >= 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


if __name__ == "__main__":
    main()
