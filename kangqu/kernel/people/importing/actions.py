"""The verbs of an import: start, confirm, stop, resume, undo, forget.

An import is a row of the database that walks through its states; ``running.run`` takes it from one to the next.
``docs/algorithms/import.md`` has the states and what is promised in each.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing import refusals
from kangqu.kernel.people.importing.filing import store
from kangqu.kernel.people.importing.formats import Sniffer
from kangqu.kernel.people.importing.limits import limits_on, undo_within
from kangqu.kernel.people.importing.models import (
    AT_WORK,
    OPEN,
    ImportKey,
    ImportMode,
    ImportPart,
    ImportRow,
    ImportState,
    ResidentImport,
)
from kangqu.kernel.people.importing.phases import did
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_SYSTEM_RANDOM: Final = random.SystemRandom()


def start_import(
    *,
    file_name: str,
    blocks: Iterable[bytes],
    by: Actor,
    at: datetime,
    mode: ImportMode = ImportMode.GOOD,
    preview: bool = True,
    encoding: str = "auto",
    rng: Random = _SYSTEM_RANDOM,
) -> ResidentImport:
    """Take a file in: keep it sealed, in one transaction, and open its import. ``run`` does the rest.

    With ``preview`` the import waits for ``confirm`` once every row is judged. Refused: a file of no known kind or
    encoding, too large, empty, or under way already for this institution.
    """
    try:
        with transaction.atomic():
            (number,) = take_ids(1)
            size, digest, kind, found = store(number, blocks, Sniffer(encoding), limits_on(city_day(at)))
            started = ResidentImport.objects.create(
                id=number,
                code=new_code("N", rng),
                file_name=file_name[-200:].replace("\0", ""),
                file_bytes=size,
                digest=digest,
                format=kind,
                encoding=found,
                mode=mode,
                preview=preview,
                account_id=by.account_id,
                role=by.role,
                institution_id=by.institution_id,
                purpose=by.purpose,
                started_at=at,
                changed_at=at,
            )
            record(did(started, by, "start", at, bytes=size, format=kind, mode=str(mode), digest=digest.hex()))
    except IntegrityError:
        raise Refused(refusals.UNDER_WAY, code=_open_import(digest, by)) from None
    return started


def _open_import(digest: bytes, by: Actor) -> str:
    found = ResidentImport.objects.filter(digest=digest, institution_id=by.institution_id, state__in=OPEN).first()
    return found.code if found else ""


def find_unfinished(digest: bytes, *, by: Actor) -> ResidentImport:
    """The latest import of a file that can still go on, or a refusal."""
    found = (
        ResidentImport.objects.filter(digest=digest, institution_id=by.institution_id)
        .filter(state__in=(*OPEN, ImportState.STOPPED, ImportState.UNDOING))
        .order_by("-started_at")
        .first()
    )
    if found is None:
        raise Refused(refusals.NOTHING_TO_RESUME)
    return found


def confirm(job: ResidentImport, *, by: Actor, at: datetime) -> None:
    """Let a previewed import write. Refused when it is not waiting for that, or holds a wrong row and wants all."""
    wrong = int(job.counts.get("error", 0))
    if job.mode == ImportMode.ALL and wrong:
        raise Refused(refusals.ROWS_WRONG, count=wrong)
    _step(job, (ImportState.READY,), ImportState.APPLYING, "confirm", by, at, applied_line=1)


def stop(job: ResidentImport, *, by: Actor, at: datetime) -> None:
    """Ask an import at work to stop behind its present chunk, or put away one that waits."""
    with transaction.atomic():
        working = ResidentImport.objects.filter(pk=job.pk, state__in=AT_WORK).update(stopping=True)
        if not working:
            _step(job, (ImportState.READY,), ImportState.STOPPED, "stop", by, at, stopped_in=ImportState.READY)
        else:
            record(did(job, by, "stop", at))


def resume(job: ResidentImport, *, by: Actor, at: datetime) -> None:
    """Let a stopped import go on where it was. One whose runner was killed needs no verb: ``run`` goes on."""
    if job.state == ImportState.STOPPED:
        try:
            with transaction.atomic():
                _step(job, (ImportState.STOPPED,), job.stopped_in, "resume", by, at, stopping=False)
        except IntegrityError:
            raise Refused(refusals.UNDER_WAY, code=_open_import(bytes(job.digest), by)) from None
    elif job.state not in OPEN:
        raise Refused(refusals.WRONG_STEP, state=ImportState(job.state).label)


def undo(job: ResidentImport, *, by: Actor, at: datetime) -> None:
    """Open the undoing of a finished import, within the hours of policy; ``run`` does it."""
    within = undo_within(city_day(at))
    if job.finished_at is not None and at - job.finished_at > within:
        raise Refused(refusals.UNDO_LATE, hours=int(within.total_seconds() // 3600))
    _step(job, (ImportState.DONE, ImportState.STOPPED), ImportState.UNDOING, "undo", by, at)


def _step(
    job: ResidentImport, sources: Sequence[str], target: str, verb: str, by: Actor, at: datetime, **values: Any
) -> None:
    with transaction.atomic():
        here = ResidentImport.objects.filter(pk=job.pk, state__in=sources)
        if not here.update(state=target, changed_at=at, **values):
            now = ResidentImport.objects.values_list("state", flat=True).get(pk=job.pk)
            raise Refused(refusals.WRONG_STEP, state=ImportState(now).label)
        record(did(job, by, verb, at))
    job.refresh_from_db()


def forget(*, before: datetime) -> int:
    """Drop the files and rows of imports that came to rest before ``before``; the import itself stays. How many."""
    resting = ResidentImport.objects.exclude(state__in=OPEN).filter(changed_at__lt=before)
    numbers = list(resting.filter(pk__in=ImportPart.objects.values("import_id")).values_list("pk", flat=True))
    with transaction.atomic():
        ImportPart.objects.filter(import_id__in=numbers).delete()
        ImportRow.objects.filter(import_id__in=numbers).delete()
        ImportKey.objects.filter(import_id__in=numbers).delete()
    return len(numbers)
