"""``kangqu restore``."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def command(
    file: Annotated[Path, typer.Argument(help="备份文件 / the backup", metavar="FILE")],
    replace: Annotated[
        bool, typer.Option("--replace", help="替换已有的城市，原库改名保留 / replace the city that is there")
    ] = False,
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="演练：恢复到旁边的库，核对后丢弃 / restore beside the city, check, drop it"),
    ] = False,
) -> None:
    """从备份恢复整座城市，并核对。 / Restore the whole city from a backup, and check it."""
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.site.restore import bring_secret, read_backup, refuse_unfit, restore

    if rehearse:
        _rehearse(file)
        return

    backup = read_backup(file)
    bring_secret(backup, Path(os.environ.get("KANGQU_HOME", "var")))
    from kangqu.site.start import find_database, migrations_here

    config = find_database()
    import django

    django.setup()
    known, ours = migrations_here()
    refuse_unfit(backup, config, known, ours)
    restore(backup, os.environ["KANGQU_DATABASE_URL"], replace=replace, at=system_clock())
    from kangqu.kernel.trace.sealing import begin_after_restore
    from kangqu.site.checking import run_checks
    from kangqu.site.start import bring_up_to_date

    begin_after_restore()
    bring_up_to_date(config)
    _remember(system_clock())
    sys.stdout.write(f"{sum(backup.manifest['counts'].values()):,} 行已恢复 / rows restored\n")
    found = False
    for checked in run_checks():
        found |= bool(checked.findings)
        sys.stdout.write(f"{'ok      ' if not checked.findings else 'FINDINGS'}  {checked.name}  {checked.title}\n")
        for finding in checked.findings[:20]:
            sys.stdout.write(f"          {finding.where}: {finding.what}\n")
    raise typer.Exit(1 if found else 0)


def _rehearse(file: Path) -> None:
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.site.restore import read_backup, refuse_unfit, rehearse
    from kangqu.site.start import migrations_here, open_house

    backup = read_backup(file)
    config = open_house()
    refuse_unfit(backup, config, *migrations_here())
    found = rehearse(backup, os.environ["KANGQU_DATABASE_URL"])
    sys.stdout.write("".join(f"FINDINGS  {each}\n" for each in found[:100]))
    if found:
        raise typer.Exit(1)
    _remember(system_clock())
    rows = sum(backup.manifest["counts"].values())
    sys.stdout.write(f"演练成功：{rows:,} 行，每项核对都过 / rehearsed: {rows:,} rows, every check holds\n")


def _remember(at: datetime) -> None:
    from kangqu.kernel.basis.models import HouseFact
    from kangqu.site.state import REHEARSED

    HouseFact.objects.update_or_create(name=REHEARSED, defaults={"value": at.isoformat()})
