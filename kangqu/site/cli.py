"""``kangqu`` on the command line."""

from __future__ import annotations

import sys

import typer

from kangqu.kernel.basis.postgres import DatabaseTrouble
from kangqu.kernel.basis.refusals import Refused
from kangqu.site.config import ConfigTrouble
from kangqu.site.start import open_house

app = typer.Typer(name="kangqu", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def kangqu() -> None:
    """康衢 Kangqu: the health services of a whole city."""


@app.command()
def migrate() -> None:
    """Bring the database to this version."""
    open_house(migrate=True)


def main() -> None:
    """Run the command line; a trouble of set-up or a refusal ends with its sentence, not with a traceback."""
    try:
        app()
    except (ConfigTrouble, DatabaseTrouble) as trouble:
        sys.stderr.write(f"{trouble}\n")
        raise SystemExit(2) from None
    except Refused as refused:
        sys.stderr.write(f"{refused.sentence('zh')}（{refused.why.code}）\n{refused.sentence('en')}\n")
        raise SystemExit(1) from None
