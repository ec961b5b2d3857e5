"""``kangqu backup``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    file: Annotated[Path | None, typer.Argument(help="备份文件 / the file to write", metavar="FILE")] = None,
    with_secret: Annotated[
        bool, typer.Option("--with-secret", help="连同密钥；请妥善保管 / with the secret: keep it safe")
    ] = False,
) -> None:
    """把整座城市备份成一个文件。 / Back the whole city up into one file."""
    import os

    from kangqu.kernel.basis.clock import CITY, system_clock
    from kangqu.site.start import open_house

    at = system_clock()
    config = open_house()
    from kangqu.kernel.trace.sealing import seal_finished
    from kangqu.site.backup import back_up

    seal_finished(at)
    target = file or config.home / "backups" / f"{config.city}-{at.astimezone(CITY):%Y%m%d-%H%M%S}.kangqu"
    manifest = back_up(config, os.environ["KANGQU_DATABASE_URL"], target.absolute(), at=at, with_secret=with_secret)
    rows = sum(manifest["counts"].values())
    sys.stdout.write(f"{target}\n{rows:,} 行，{manifest['bytes']:,} 字节 / rows, bytes; SHA-256 {manifest['sha256']}\n")
    if not with_secret:
        sys.stderr.write(
            "备份不含密钥：请另外保管 KANGQU_HOME 里的 secret 文件，没有它，密封的内容打不开。\n"
            "The secret is not in the backup: keep the file secret in KANGQU_HOME elsewhere; without it sealed values stay sealed.\n"
        )
