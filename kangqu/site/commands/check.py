"""``kangqu check``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def command(
    names: Annotated[list[str] | None, typer.Argument(help="只查这些，如 trace / only these, such as trace")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
) -> None:
    """在真实数据上核对每一条不变量。 / Hold every invariant against the live data."""
    from dataclasses import asdict
    from json import dumps

    from kangqu.kernel.basis.trouble import ConfigTrouble
    from kangqu.site.start import open_house

    open_house()
    from kangqu.site.checking import run_checks

    done = []
    for checked in run_checks(names or ()):
        done.append(checked)
        if json:
            continue
        sys.stdout.write(f"{'ok      ' if not checked.findings else 'FINDINGS'}  {checked.name}  {checked.title}\n")
        for finding in checked.findings:
            sys.stdout.write(f"          {finding.where}: {finding.what}\n")
    if not done:
        raise ConfigTrouble("没有这样的核对项。", "There is no such check.")
    if json:
        sys.stdout.write(dumps([asdict(checked) for checked in done], ensure_ascii=False) + "\n")
    raise typer.Exit(1 if any(checked.findings for checked in done) else 0)
