"""What the phases of an import share: the runner's hold on it, its clock, its voice, its chunks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.clock import Clock
from kangqu.kernel.people.importing.known import Asked, open_rows
from kangqu.kernel.people.importing.models import ImportRow, ImportState, ResidentImport, RowOutcome
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Entry

CHUNK: Final = 5_000
"""Rows read, judged or written in one transaction."""

Report = Callable[[ResidentImport], None]
"""Called after every chunk, for a progress bar."""


@dataclass(slots=True)
class Work:
    """One runner at one import: for whom, by which clock, and who hears how far it is."""

    job: ResidentImport
    by: Actor
    clock: Clock
    report: Report | None = None

    def tell(self) -> None:
        if self.report:
            self.report(self.job)

    def move_on(self, state: ImportState, at: datetime, **values: Any) -> None:
        """Leave a phase for the next."""
        ResidentImport.objects.filter(pk=self.job.pk).update(state=state, changed_at=at, **values)

    def stopped(self, at: datetime) -> bool:
        """Whether somebody asked this import to stop; it is stopped then, resumable behind its last chunk."""
        job = self.job
        asked = ResidentImport.objects.filter(pk=job.pk, stopping=True)
        return bool(asked.update(state=ImportState.STOPPED, stopped_in=job.state, stopping=False, changed_at=at))

    def next_rows(self, behind: int) -> list[Asked]:
        """The next rows behind line ``behind`` that can be judged."""
        rows = (
            ImportRow.objects.filter(import_id=self.job.pk, line__gt=behind)
            .exclude(outcome=RowOutcome.ERROR)
            .order_by("line")
            .values_list("line", "kind", "blind", "sealed")[:CHUNK]
        )
        return open_rows(rows)

    def count(self, rows: Sequence[Asked]) -> None:
        """Add the answers of ``rows`` to the import's counts."""
        counts = Counter(self.job.counts)
        counts.update(str(row.outcome) for row in rows)
        self.job.counts = dict(counts)


def did(job: ResidentImport, by: Actor, verb: str, at: datetime, **facts: Any) -> Entry:
    """The trace entry of something done with an import."""
    return by.did(f"people.import.{verb}", at=at, object_type="import", object_id=job.pk, facts=facts)


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
