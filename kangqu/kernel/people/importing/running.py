"""The runner: takes an import through its phases as far as it goes without a human.

Whoever runs it (a command, a job of the queue) holds its lock while at work, commits chunk by chunk, and may be killed
at any moment: the next runner goes on behind the last chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.db import OperationalError, connection, transaction

from kangqu.kernel.basis.clock import Clock
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing.models import ImportState, ResidentImport
from kangqu.kernel.people.importing.phases import Report, Work, did
from kangqu.kernel.people.importing.refusals import UNDER_WAY
from kangqu.kernel.people.importing.staging import parse
from kangqu.kernel.people.importing.undoing import take_back
from kangqu.kernel.people.importing.writing import apply, preview
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_LOCK: Final = 1_501  # first half of the advisory locks of imports; the second is the import's number
_LOCK_WAIT: Final = "5s"
_PHASES: Final[Mapping[str, Callable[[Work], None]]] = {
    ImportState.PARSING: parse,
    ImportState.DECIDING: preview,
    ImportState.APPLYING: apply,
    ImportState.UNDOING: take_back,
}


def run(job_id: int, *, by: Actor, clock: Clock, report: Report | None = None) -> ResidentImport:
    """Take an import as far as it goes without a human: to ready, done, failed or stopped. Safe to call at any time,
    again after a kill, and by two at once (the second is refused)."""
    with held(job_id):
        job = ResidentImport.objects.get(pk=job_id)
        while (phase := _PHASES.get(job.state)) is not None:
            try:
                phase(Work(job, by, clock, report))
            except Refused as refused:
                _fail(job_id, refused, by, clock())
            job = ResidentImport.objects.get(pk=job_id)
            if report:
                report(job)
    return job


@contextmanager
def held(job_id: int) -> Iterator[None]:
    """Hold an import's lock for as long as this process works on it. A killed process lets go as soon as the server
    finds it gone, which is why a few seconds are waited before somebody else is believed to be at work."""
    lock = [_LOCK, job_id % (1 << 31)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_LOCK_WAIT])
        try:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", lock)
        except OperationalError:
            code = ResidentImport.objects.values_list("code", flat=True).get(pk=job_id)
            raise Refused(UNDER_WAY, code=code) from None
        finally:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)


def _fail(job_id: int, refused: Refused, by: Actor, at: datetime) -> None:
    facts = {key: str(value) for key, value in refused.facts.items()}
    with transaction.atomic():
        ResidentImport.objects.filter(pk=job_id).update(
            state=ImportState.FAILED, failure=refused.why.code, failure_facts=facts, finished_at=at, changed_at=at
        )
        record(did(ResidentImport.objects.get(pk=job_id), by, "fail", at, code=refused.why.code))
