"""The last two phases: a preview judges every row and writes the answers; applying judges again and writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import IntegrityError, connection, transaction

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing.applying import Applier, write_errors, write_notices
from kangqu.kernel.people.importing.candidates import EarlierRows
from kangqu.kernel.people.importing.deciding import decide
from kangqu.kernel.people.importing.guardians import untied_error, untied_lines
from kangqu.kernel.people.importing.known import Asked
from kangqu.kernel.people.importing.models import ImportMode, ImportRow, ImportState, ResidentImport, RowOutcome
from kangqu.kernel.people.importing.phases import Work, as_json, did
from kangqu.kernel.people.importing.refusals import ROWS_WRONG
from kangqu.kernel.people.importing.rows import Error
from kangqu.kernel.trace.actions import record

_APPLY_LOCK: Final = 1_502
_TRIES: Final = 5
_MOST_WRONG: Final = 10_000
"""Of all or nothing: once so many rows are wrong nothing will be written, and the rest need not be judged."""


def preview(work: Work) -> None:
    """Judge every row and write the answers, not the residents."""
    job, applier, earlier = work.job, Applier(work.job, by=work.by), EarlierRows(work.job.pk)
    while True:
        at = work.clock()
        with transaction.atomic():
            rows = work.next_rows(job.decided_line)
            if not rows:
                break
            decide(job, rows, at=at, earlier=earlier)
            applier.foresee(rows)
            work.count(rows)
            job.decided_line, job.changed_at = rows[-1].line, at
            job.save(update_fields=["decided_line", "counts", "changed_at"])
        if work.stopped(at):
            return
        work.tell()
    with transaction.atomic():
        earlier.forget()
        work.move_on(ImportState.READY, at)


def apply(work: Work) -> None:
    """Judge again, chunk by chunk, and write: what happened in the index since the preview is seen."""
    applying, job = _Applying(work), work.job
    finished = applying.whole() if job.mode == ImportMode.ALL else applying.good_rows()
    if finished:
        at = work.clock()
        with transaction.atomic():
            if (untied := untied_lines(job.pk)) and job.mode == ImportMode.GOOD:
                job.counts["untied"] = len(untied)
                write_notices(job.pk, untied, untied_error())
            work.move_on(ImportState.DONE, at, counts=job.counts, applied_line=job.applied_line, finished_at=at)
            record(did(job, work.by, "done", at, **job.counts))


class _Applying:
    """The last phase of one import."""

    def __init__(self, work: Work) -> None:
        self.work, self.job = work, work.job
        job = self.job
        self.applier = Applier(job, by=work.by)
        if job.applied_line <= 1 or job.mode == ImportMode.ALL:
            job.applied_line = 1
            wrong = ImportRow.objects.filter(import_id=job.pk, outcome=RowOutcome.ERROR).count()
            job.counts = {"error": wrong} if wrong else {}

    def good_rows(self) -> bool:
        """Chunk after chunk, each committed; False when stopped."""
        while self._chunk_again():
            if self.work.stopped(self.job.changed_at):
                return False
            self.work.tell()
        return True

    def _chunk_again(self) -> bool:
        """One chunk. A resident registered at a desk between judging and writing makes it be judged once more."""
        before = (self.job.applied_line, dict(self.job.counts))
        for attempt in range(_TRIES):
            try:
                with transaction.atomic():
                    rows = self._one_chunk()
                    self.job.save(update_fields=["applied_line", "counts", "changed_at"])
                return bool(rows)
            except IntegrityError:
                self.job.applied_line, self.job.counts = before
                if attempt == _TRIES - 1:
                    raise
        return False

    def _one_chunk(self) -> list[Asked]:
        job, at = self.job, self.work.clock()
        with connection.cursor() as cursor:
            # Imports write one after the other, each seeing what the other wrote.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_APPLY_LOCK])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        rows = self.work.next_rows(job.applied_line)
        if rows:
            decide(job, rows, at=at)
            self.applier.apply(rows, at=at)
            self.work.count(rows)
            record(did(job, self.work.by, "chunk", at, first=rows[0].line, last=rows[-1].line, rows=len(rows)))
            job.applied_line = rows[-1].line
        job.changed_at = at
        return rows

    def whole(self) -> bool:
        """Every chunk in one transaction: seen whole or not at all. False when stopped."""
        wrong: list[tuple[int, list[Error]]] = []
        with transaction.atomic():
            stopped = False
            while not stopped and len(wrong) < _MOST_WRONG and (rows := self._one_chunk()):
                wrong += [(row.line, row.errors) for row in rows if row.errors]
                stopped = self._told()
                self.work.tell()
            if not stopped:
                told = {line for line, _ in wrong}
                wrong += [(line, [untied_error()]) for line in untied_lines(self.job.pk) if line not in told]
            transaction.set_rollback(stopped or bool(wrong))
        if wrong:
            _keep_errors(self.job, wrong)
            raise Refused(ROWS_WRONG, count=len(wrong))
        if stopped:
            self.work.stopped(self.work.clock())
        return not stopped

    def _told(self) -> bool:
        """Say how far this is on a connection of its own, since the transaction is seen by nobody; hear of a stop."""
        job, other = self.job, connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute(
                    "UPDATE people_residentimport SET applied_line = %s, counts = %s, changed_at = %s WHERE id = %s"
                    " RETURNING stopping",
                    [job.applied_line, as_json(job.counts), job.changed_at, job.pk],
                )
                found = cursor.fetchone()
                return bool(found and found[0])
        finally:
            other.close()


def _keep_errors(job: ResidentImport, wrong: Sequence[tuple[int, list[Error]]]) -> None:
    write_errors(job.pk, wrong)
    job.counts = {"error": ImportRow.objects.filter(import_id=job.pk, outcome=RowOutcome.ERROR).count()}
    job.save(update_fields=["counts"])
