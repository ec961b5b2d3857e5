"""``kangqu import residents FILE``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from kangqu.kernel.basis.trouble import Trouble
from kangqu.site.start import open_house

if TYPE_CHECKING:
    from kangqu.kernel.people.importing.models import ResidentImport

group = typer.Typer(no_args_is_help=True, help="导入名单。 / Import lists.", rich_markup_mode=None)


@group.command()
def residents(
    file: Annotated[Path, typer.Argument(help="CSV、XLSX 或 NDJSON")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不写入 / judge every row, write nothing")] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing/--good-rows", help="有一行错就都不导入；或只导入正确的行")
    ] = False,
    encoding: Annotated[str, typer.Option(help="auto、utf-8 或 gb18030")] = "auto",
    errors: Annotated[Path | None, typer.Option(help="有误的行写到这个文件（.csv 或 .xlsx）")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="接着上次没做完的导入 / go on with an unfinished import")
    ] = False,
) -> None:
    """导入居民名单。 / Import a list of residents."""
    if encoding not in ("auto", "utf-8", "gb18030"):
        raise Trouble("--encoding 只能是 auto、utf-8 或 gb18030。", "--encoding is auto, utf-8 or gb18030.")
    if not file.is_file():
        raise Trouble(f"没有文件 {file}。", f"There is no file {file}.")
    open_house()
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.people.importing import actions, reads
    from kangqu.kernel.people.importing.filing import file_digest
    from kangqu.kernel.people.importing.models import ImportMode, ImportState
    from kangqu.kernel.trace.actor import the_house

    by = the_house("operator")
    job = actions.find_unfinished(file_digest(_blocks(file)), by=by) if resume else None
    if job is not None:
        actions.resume(job, by=by, at=system_clock())
    else:
        job = actions.start_import(
            file_name=file.name,
            blocks=_blocks(file),
            by=by,
            at=system_clock(),
            mode=ImportMode.ALL if all_or_nothing else ImportMode.GOOD,
            preview=dry_run,
            encoding=encoding,
        )
    job = _run(job.pk)
    if dry_run and job.state == ImportState.READY:
        actions.stop(job, by=by, at=system_clock())
    sys.stdout.write(reads.summary(job))
    if errors is not None and job.counts.get("error"):
        with _writing(errors) as out:
            reads.write_errors(job, out, spreadsheet=errors.suffix.lower() == ".xlsx")
    if job.state == ImportState.FAILED:
        raise typer.Exit(1)


@group.command()
def template(file: Annotated[Path, typer.Argument(help="写到这个 .xlsx 文件")]) -> None:
    """写出导入模板。 / Write the template of a list."""
    open_house()
    from kangqu.kernel.people.importing.template import write_template

    with _writing(file) as out:
        write_template(out)


@contextmanager
def _writing(file: Path) -> Iterator[IO[bytes]]:
    try:
        with file.open("wb") as out:
            yield out
    except OSError as failed:
        raise Trouble(f"写不到 {file}。", f"{file} cannot be written.", failed) from None


@group.command()
def undo(code: Annotated[str, typer.Argument(help="名单编码（N…），导入时打印")]) -> None:
    """撤销 24 小时内的一次导入。 / Take an import of the last 24 hours back."""
    open_house()
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.people.importing import actions, reads
    from kangqu.kernel.trace.actor import the_house

    job = reads.import_by_code(code)
    actions.undo(job, by=the_house("operator"), at=system_clock())
    sys.stdout.write(reads.summary(_run(job.pk)))


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while block := content.read(1 << 20):
            yield block


def _run(job_id: int) -> ResidentImport:
    """Run an import with a bar that says where it is."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.people.importing import reads
    from kangqu.kernel.people.importing.running import run
    from kangqu.kernel.trace.actor import the_house

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=100)

        def report(job: ResidentImport) -> None:
            progress = reads.progress(job)
            bar.update(task, description=progress.words, completed=progress.percent)

        return run(job_id, by=the_house("operator"), clock=system_clock, report=report)
