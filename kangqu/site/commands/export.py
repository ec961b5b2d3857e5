"""``kangqu export residents``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kangqu.kernel.basis.trouble import Trouble
from kangqu.site.files import whole_file
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
    try:
        with whole_file(file) as out:
            count = export_residents(out, by=by, at=at, kind=ListFormat(kind), **settings)  # type: ignore[arg-type]
    except OSError as failed:
        raise Trouble(f"写不到 {file}。", f"{file} cannot be written.", failed) from None
    sys.stdout.write(f"{count:,} 人 → {file}\n")
