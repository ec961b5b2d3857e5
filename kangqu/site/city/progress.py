"""Progress on a terminal as a bar, elsewhere as a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kangqu.site.city.make import Progress

_TITLES: Final = {
    "divisions": "区划 divisions",
    "institutions": "机构与人员 institutions, staff",
    "residents": "居民 residents",
}


@contextmanager
def shown_progress() -> Iterator[Progress]:
    if sys.stdout.isatty():
        with _bar() as show:
            yield show
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns) as bar:
        tasks = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(_TITLES[what], total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield show


def _lines() -> Progress:
    shown: dict[str, int] = {}

    def show(what: str, done: int, total: int) -> None:
        share = 10 * done // max(total, 1)
        if shown.get(what) != share:
            shown[what] = share
            sys.stdout.write(f"{_TITLES[what]}: {done:,}/{total:,}\n")
            sys.stdout.flush()

    return show
