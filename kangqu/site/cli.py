"""``kangqu`` on the command line: one file in ``commands/`` is one command."""

from __future__ import annotations

import pkgutil
import signal
import sys
from importlib import import_module
from typing import NoReturn

import typer

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.trouble import Trouble
from kangqu.site import commands


def command_line() -> typer.Typer:
    """The whole command line. Every module of ``commands/`` is found by itself; none imports Django before it runs."""
    app = typer.Typer(
        name="kangqu",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help answers in half the time
        help="康衢 Kangqu：一座城市的卫生健康服务。 / The health services of a whole city.",
    )
    for found in pkgutil.iter_modules(commands.__path__):
        if found.name.startswith("_"):
            continue
        module = import_module(f"{commands.__name__}.{found.name}")
        name = found.name.strip("_").replace("_", "-")
        if hasattr(module, "group"):
            app.add_typer(module.group, name=name)
        else:
            app.command(name, **getattr(module, "command_settings", {}))(module.command)
    return app


def main() -> None:
    """Run the command line; a refusal (exit code 1) or a trouble of set-up (2) ends with its sentence, not a traceback."""
    # Told to end, a command ends like any other: what it opened is closed, the database it started is stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        raise SystemExit(command_line()(standalone_mode=False) or 0)
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        raise SystemExit(2) from None
    except Refused as refused:
        sys.stderr.write(f"{refused.sentence('zh')}（{refused.why.code}）\n{refused.sentence('en')}\n")
        raise SystemExit(1) from None
    except Exception as failed:
        if hasattr(failed, "show") and hasattr(failed, "exit_code"):  # typer's own: a wrong word or option
            failed.show()
            if len(sys.argv) > 1:
                sys.stderr.write("命令的写法不对，请照上面的提示改，或加 --help 看用法。\n")
            raise SystemExit(failed.exit_code) from None
        if type(failed).__name__ not in (
            "OperationalError",
            "InterfaceError",
        ):  # psycopg's and Django's, neither imported
            raise
        lost = Trouble(
            "与数据库的连接中断了，请稍后再试。", "The connection to the database was lost: try again later."
        )
        sys.stderr.write(f"{lost}\n{failed}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)
