"""``kangqu bench``."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from kangqu.kernel.basis.trouble import Trouble


def command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="bench/ 下的名字；list 列出全部 / a name under bench/, or list")] = "list",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
) -> None:
    """实测一项性能，并与同一次运行里的上限对照。 / Measure one figure beside its limit in the same run.

    Options after ``--`` go to the bench itself.
    """
    if find_spec("bench") is None:
        raise Trouble(
            "没有找到 bench 目录：请在源码目录里运行。",
            "There is no bench folder here: run this from the source tree.",
        )
    runner = import_module("bench.__main__")
    arguments = [*context.args, *(["--json"] if json else [])]
    raise typer.Exit(runner.main([name, *arguments]))


command_settings = {"context_settings": {"allow_extra_args": True, "ignore_unknown_options": True}}
