"""``kangqu export residents``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Annotated

import typer

from kangqu.kernel.basis.trouble import Trouble
from kangqu.site.start import open_house

group = typer.Typer(no_args_is_help=True, help="导出名单。 / Export lists.", rich_markup_mode=None)


@group.callback()
def export() -> None:
    """导出名单。 / Export lists."""


@group.command()
def residents(
    file: Annotated[Path, typer.Argument(help="写到这个文件：.csv、.xlsx 或 .ndjson")],
    purpose: Annotated[str, typer.Option(help="用途，会留痕 / what for; it is traced")] = "",
    region: Annotated[str, typer.Option(help="只要这个区划 / this division only")] = "",
    with_numbers: Annotated[bool, typer.Option("--with-numbers", help="证件号码和手机号不打码")] = False,
) -> None:
    """导出居民名单；导出的文件可以原样导入。 / Export residents; the file can be imported as it is."""
    kind = {".csv": "csv", ".xlsx": "xlsx", ".ndjson": "ndjson", ".jsonl": "ndjson"}.get(file.suffix.lower())
    if kind is None:
        raise Trouble("文件名应以 .csv、.xlsx 或 .ndjson 结尾。", "The file ends in .csv, .xlsx or .ndjson.")
    open_house()
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.people.importing.exporting import ListFormat, export_residents
    from kangqu.kernel.trace.actor import the_house

    at, by = system_clock(), the_house("operator")
    settings = {"purpose": purpose, "region": region, "with_numbers": with_numbers}
    with _whole(file) as out:
        count = export_residents(out, by=by, at=at, kind=ListFormat(kind), **settings)  # type: ignore[arg-type]
    sys.stdout.write(f"{count:,} 人 → {file}\n")


@contextmanager
def _whole(file: Path) -> Iterator[IO[bytes]]:
    """``file`` for its owner's eyes, there only once it is whole: what stood there stays until then."""
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as out:
            yield out
        part.replace(file)
    except OSError as failed:
        raise Trouble(f"写不到 {file}。", f"{file} cannot be written.", failed) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
