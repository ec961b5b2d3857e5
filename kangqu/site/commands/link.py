"""``kangqu link``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    left: Annotated[Path, typer.Argument(help="名单 / a list (CSV, UTF-8 or GB 18030)", metavar="A.csv")],
    right: Annotated[
        Path | None, typer.Argument(help="另一份名单；不给则在 A 内找重复 / a second list", metavar="B.csv")
    ] = None,
    columns: Annotated[
        str, typer.Option("--map", help="字段=列名，如 name=姓名,birth_date=出生日期,address=街道+门牌 / field=column")
    ] = "",
    out: Annotated[Path, typer.Option(help="结果文件 / the result, CSV")] = Path("links.csv"),
    id_column: Annotated[str | None, typer.Option("--id", help="另带出的编号列 / a column to repeat as ids")] = None,
) -> None:
    """在导入之前，找出名单里的同一个人。 / Find the rows of one or two lists that are one person.

    Fields: given_name, surname, name (full name), sex, birth_date, address, phone, identifier, mother_name; any may be
    absent. Out: left_row, right_row (counted from 1 below the header), probability, decision (same or review), cluster.
    """
    from kangqu.kernel.people.matching.command import link_files, progress_to

    done = link_files(left, right, columns=columns, out=out, id_column=id_column, progress=progress_to(sys.stderr))
    sys.stderr.write(
        f"\n{done.rows} 行，比较 {done.compared} 对：{done.same} 对为同一人（{done.clusters} 人），"
        f"{done.review} 对待人工核对。\n"
        f"{done.rows} rows, {done.compared} pairs compared: {done.same} the same person ({done.clusters} people), "
        f"{done.review} to review. → {out}\n"
    )
