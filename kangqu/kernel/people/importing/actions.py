"""The verbs of an import: start, run, confirm, stop, resume, undo.

An import is a row of the database that walks through its states; whoever runs it (a command, a job of the queue) holds
its lock while at work, commits chunk by chunk, and may be killed at any moment: the next runner goes on behind the
last chunk. ``docs/algorithms/import.md`` has the states and what is promised in each.
"""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.db import IntegrityError, OperationalError, connection, transaction

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.clock import Clock, city_day
from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.sealing import keys
from kangqu.kernel.people.documents import IDENTIFIER_FIELD
from kangqu.kernel.people.importing import refusals
from kangqu.kernel.people.importing.applying import Applier, write_errors
from kangqu.kernel.people.importing.columns import Header, read_header
from kangqu.kernel.people.importing.deciding import ROW_FIELD, Asked, decide, open_rows
from kangqu.kernel.people.importing.formats import Limits, Sniffer, read_rows
from kangqu.kernel.people.importing.models import (
    AT_WORK,
    OPEN,
    ImportMode,
    ImportPart,
    ImportRow,
    ImportState,
    ResidentImport,
    RowOutcome,
)
from kangqu.kernel.people.importing.rows import Error, RowReader
from kangqu.kernel.people.importing.undoing import undo_rows
from kangqu.kernel.places.reads import resolve_region
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

CHUNK: Final = 5_000
UNDO_WITHIN: Final = timedelta(hours=24)
PART_FIELD: Final = "people.import.part"
_PART_BYTES: Final = 1 << 20
_SYSTEM_RANDOM: Final = random.SystemRandom()
_LOCK: Final = 1_501  # first half of the advisory locks of imports; the second is the import's number
_APPLY_LOCK: Final = 1_502
_LOCK_WAIT: Final = "5s"

Report = Callable[[ResidentImport], None]
"""Called after every chunk, for a progress bar."""


def start_import(
    *,
    file_name: str,
    blocks: Iterable[bytes],
    by: Actor,
    at: datetime,
    mode: ImportMode = ImportMode.GOOD,
    preview: bool = True,
    encoding: str = "auto",
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
    rng: Random = _SYSTEM_RANDOM,
) -> ResidentImport:
    """Take a file in: keep it sealed, in one transaction, and open its import. ``run`` does the rest.

    With ``preview`` the import waits for ``confirm`` once every row is judged. Refused: a file of no known kind or
    encoding, too large, empty, or under way already for this institution.
    """
    try:
        with transaction.atomic():
            (number,) = take_ids(1)
            size, digest, kind, found = _store(number, blocks, Sniffer(encoding), limits)
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
            record(_did(started, by, "start", at, bytes=size, format=kind, mode=str(mode), digest=digest.hex()))
    except IntegrityError:
        raise Refused(refusals.UNDER_WAY, code=_open_import(digest, by)) from None
    return started


def _open_import(digest: bytes, by: Actor) -> str:
    found = ResidentImport.objects.filter(digest=digest, institution_id=by.institution_id, state__in=OPEN).first()
    return found.code if found else ""


def file_digest(blocks: Iterable[bytes]) -> bytes:
    """The SHA-256 by which a file is known again."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.digest()


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


def _did(job: ResidentImport, by: Actor, verb: str, at: datetime, **facts: Any) -> Any:
    return by.did(f"people.import.{verb}", at=at, object_type="import", object_id=job.pk, facts=facts)


def _store(number: int, blocks: Iterable[bytes], sniffer: Sniffer, limits: Limits) -> tuple[int, bytes, str, str]:
    """Keep a file in sealed parts; return its size, digest, format and encoding."""
    digest, size, ring = hashlib.sha256(), 0, keys()
    for place, block in enumerate(_of_size(blocks, _PART_BYTES)):
        size += len(block)
        digest.update(block)
        sniffer.feed(block)
        most = limits.spreadsheet_bytes if sniffer.is_spreadsheet else limits.file_bytes
        if size > most:
            raise Refused(refusals.FILE_TOO_LARGE, what="文件 file", limit=f"{most >> 20} MB")
        sealed = ring.seal_bytes(zlib.compress(block, 1), PART_FIELD)
        row = (copying.int8(number), copying.int4(place), copying.blob(sealed))
        copying.copy_rows("people_importpart", ("import_id", "number", "sealed"), [copying.row(*row)])
    return size, digest.digest(), *sniffer.conclude()


def _of_size(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    buffer = bytearray()
    for block in blocks:
        buffer += block
        while len(buffer) >= size:
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer:
        yield bytes(buffer)


def stored_blocks(job: ResidentImport) -> Iterator[bytes]:
    """The file of an import, part by part."""
    place = 0
    while (
        sealed := ImportPart.objects.filter(import_id=job.pk, number=place).values_list("sealed").first()
    ) is not None:
        yield zlib.decompress(keys().open_bytes(sealed[0], PART_FIELD))
        place += 1


@contextmanager
def _held(job_id: int) -> Iterator[None]:
    """Hold an import's lock for as long as this process works on it. A killed process lets go as soon as the server
    finds it gone, which is why a few seconds are waited before somebody else is believed to be at work."""
    lock = [_LOCK, job_id % (1 << 31)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_LOCK_WAIT])
        try:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", lock)
        except OperationalError:
            code = ResidentImport.objects.values_list("code", flat=True).get(pk=job_id)
            raise Refused(refusals.UNDER_WAY, code=code) from None
        finally:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)


def run(job_id: int, *, by: Actor, clock: Clock, report: Report | None = None) -> ResidentImport:
    """Take an import as far as it goes without a human: to ready, done, failed or stopped. Safe to call at any time,
    again after a kill, and by two at once (the second is refused)."""
    steps = {
        ImportState.PARSING: _parse,
        ImportState.DECIDING: _preview,
        ImportState.APPLYING: _apply,
        ImportState.UNDOING: _undo,
    }
    with _held(job_id):
        job = ResidentImport.objects.get(pk=job_id)
        while job.state in steps:
            try:
                steps[ImportState(job.state)](job, by, clock, report)
            except Refused as refused:
                _fail(job_id, refused, by, clock())
            job = ResidentImport.objects.get(pk=job_id)
            if report:
                report(job)
    return job


def _fail(job_id: int, refused: Refused, by: Actor, at: datetime) -> None:
    facts = {key: str(value) for key, value in refused.facts.items()}
    with transaction.atomic():
        ResidentImport.objects.filter(pk=job_id).update(
            state=ImportState.FAILED, failure=refused.why.code, failure_facts=facts, finished_at=at, changed_at=at
        )
        record(_did(ResidentImport.objects.get(pk=job_id), by, "fail", at, code=refused.why.code))


def _stopped(job: ResidentImport, at: datetime) -> bool:
    """Whether somebody asked this import to stop; it is stopped then, resumable behind its last chunk."""
    asked = ResidentImport.objects.filter(pk=job.pk, stopping=True)
    return bool(asked.update(state=ImportState.STOPPED, stopped_in=job.state, stopping=False, changed_at=at))


# Reading the file


def _parse(job: ResidentImport, by: Actor, clock: Clock, report: Report | None) -> None:
    """Read, check and stage the rows not staged yet. Rows are counted off, not sought: a quoted line break may hide
    anywhere in a CSV file."""
    staging = _Staging(job, clock)
    rows = read_rows(job.format, job.encoding, _counting(job), Limits())
    while chunk := list(islice(rows, CHUNK)):
        at = clock()
        with transaction.atomic():
            staging.add(chunk)
            staging.save(at)
        if _stopped(job, at):
            return
        if report:
            report(job)
    if job.rows == 0:
        raise Refused(refusals.FILE_EMPTY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_importrow")
    wrong = int(job.counts.get("error", 0))
    if wrong and job.mode == ImportMode.ALL and not job.preview:
        raise Refused(refusals.ROWS_WRONG, count=wrong)
    following = ImportState.DECIDING if job.preview else ImportState.APPLYING
    ResidentImport.objects.filter(pk=job.pk).update(state=following, changed_at=clock())


def _counting(job: ResidentImport) -> Iterator[bytes]:
    job.bytes_read = 0
    for block in stored_blocks(job):
        job.bytes_read += len(block)
        yield block


class _Staging:
    """Stages the rows of one file; holds what is dear to make."""

    def __init__(self, job: ResidentImport, clock: Clock) -> None:
        self.job, self._today = job, city_day(clock())
        self._reader: RowReader | None = None
        self._seal, self._blind = keys().sealer(ROW_FIELD), keys().blinder(IDENTIFIER_FIELD)

    def add(self, chunk: Sequence[tuple[int, list[str]]]) -> None:
        """Stage rows; a row of line 1 is the header."""
        packed, job = [], self.job
        for line, cells in chunk:
            if line == 1:
                self._meet_header(read_header(cells))
            elif line > job.last_line:
                job.last_line, job.rows = line, job.rows + 1
                packed.append(self._packed(line, cells))
        copying.copy_rows("people_importrow", _ROW_COLUMNS, packed)

    def _meet_header(self, header: Header) -> None:
        self.job.header, self.job.recognised, self.job.unknown = (
            list(header.titles),
            header.recognised,
            list(header.unknown),
        )
        self._reader = RowReader(header, today=self._today, regions=_region_code)

    def _packed(self, line: int, cells: list[str]) -> bytes:
        assert self._reader is not None
        found = self._reader.read(cells)
        head = (_ROW_COUNT, copying.int8(self.job.pk), copying.int8(line))
        if isinstance(found, list):
            self.job.counts["error"] = int(self.job.counts.get("error", 0)) + 1
            sealed, errors = self._seal(_json({"cells": cells})), b"\x01" + _json(found).encode()
            tail = (copying.NULL, copying.text(""), copying.pack_length(len(errors)) + errors)
            return b"".join((*head, _ERROR, copying.blob(sealed), *tail))
        blind = copying.blob(self._blind(found.number)) if found.number else copying.NULL
        return b"".join(
            (*head, _READ, copying.blob(self._seal(found.packed())), blind, copying.text(found.kind), _NO_ERRORS)
        )

    def save(self, at: datetime) -> None:
        job = self.job
        job.changed_at = at
        job.save(
            update_fields=[
                "rows", "last_line", "bytes_read", "counts", "header", "recognised", "unknown", "changed_at",
            ]
        )  # fmt: skip


_ROW_COLUMNS: Final = ("import_id", "line", "outcome", "sealed", "blind", "kind", "errors")
_ROW_COUNT: Final = copying.pack_count(len(_ROW_COLUMNS))
_READ: Final = copying.text(RowOutcome.READ.value)
_ERROR: Final = copying.text(RowOutcome.ERROR.value)
_NO_ERRORS: Final = copying.blob(b"\x01[]")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _region_code(written: str) -> str | None:
    try:
        return resolve_region(written).region.code
    except Refused:
        return None


# Judging and writing


def _chunk(job: ResidentImport, behind: int) -> list[Asked]:
    """The next rows behind line ``behind`` that can be judged."""
    rows = (
        ImportRow.objects.filter(import_id=job.pk, line__gt=behind)
        .exclude(outcome=RowOutcome.ERROR)
        .order_by("line")
        .values_list("line", "kind", "blind", "sealed")[:CHUNK]
    )
    return open_rows(rows)


def _preview(job: ResidentImport, by: Actor, clock: Clock, report: Report | None) -> None:
    """Judge every row and write the answers, not the residents."""
    while True:
        at = clock()
        with transaction.atomic():
            rows = _chunk(job, job.decided_line)
            if not rows:
                break
            decide(job.pk, rows)
            Applier(job.pk, by=by, kept_by=job.institution_id).foresee(rows)
            _count(job, rows)
            job.decided_line, job.changed_at = rows[-1].line, at
            job.save(update_fields=["decided_line", "counts", "changed_at"])
        if _stopped(job, at):
            return
        if report:
            report(job)
    ResidentImport.objects.filter(pk=job.pk).update(state=ImportState.READY, changed_at=clock())


def _count(job: ResidentImport, rows: Sequence[Asked]) -> None:
    counts = Counter(job.counts)
    counts.update(str(row.outcome) for row in rows)
    job.counts = dict(counts)


def _apply(job: ResidentImport, by: Actor, clock: Clock, report: Report | None) -> None:
    """Judge again, chunk by chunk, and write: what happened in the index since the preview is seen."""
    applying = _Applying(job, by, clock, report)
    finished = applying.whole() if job.mode == ImportMode.ALL else applying.good_rows()
    if finished:
        at = clock()
        with transaction.atomic():
            ResidentImport.objects.filter(pk=job.pk).update(
                state=ImportState.DONE, counts=job.counts, applied_line=job.applied_line, finished_at=at, changed_at=at
            )
            record(_did(job, by, "done", at, **job.counts))


class _Applying:
    """The last phase of one import."""

    def __init__(self, job: ResidentImport, by: Actor, clock: Clock, report: Report | None) -> None:
        self.job, self.by, self.clock, self.report = job, by, clock, report
        self.applier = Applier(job.pk, by=by, kept_by=job.institution_id)
        if job.applied_line <= 1 or job.mode == ImportMode.ALL:
            job.applied_line = 1
            wrong = ImportRow.objects.filter(import_id=job.pk, outcome=RowOutcome.ERROR).count()
            job.counts = {"error": wrong} if wrong else {}

    def good_rows(self) -> bool:
        """Chunk after chunk, each committed; False when stopped."""
        while self._chunk_again():
            if _stopped(self.job, self.job.changed_at):
                return False
            if self.report:
                self.report(self.job)
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
        job, at = self.job, self.clock()
        with connection.cursor() as cursor:
            # Imports write one after the other, each seeing what the other wrote.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_APPLY_LOCK])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        rows = _chunk(job, job.applied_line)
        if rows:
            decide(job.pk, rows)
            self.applier.apply(rows, at=at)
            _count(job, rows)
            record(_did(job, self.by, "chunk", at, first=rows[0].line, last=rows[-1].line, rows=len(rows)))
            job.applied_line = rows[-1].line
        job.changed_at = at
        return rows

    def whole(self) -> bool:
        """Every chunk in one transaction: seen whole or not at all. False when stopped."""
        wrong: list[tuple[int, list[Error]]] = []
        with transaction.atomic():
            stopped = False
            while not stopped and (rows := self._one_chunk()):
                wrong += [(row.line, row.errors) for row in rows if row.errors]
                stopped = self._told()
                if self.report:
                    self.report(self.job)
            transaction.set_rollback(stopped or bool(wrong))
        if wrong:
            _keep_errors(self.job, wrong)
            raise Refused(refusals.ROWS_WRONG, count=len(wrong))
        if stopped:
            _stopped(self.job, self.clock())
        return not stopped

    def _told(self) -> bool:
        """Say how far this is on a connection of its own, since the transaction is seen by nobody; hear of a stop."""
        job, other = self.job, connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute(
                    "UPDATE people_residentimport SET applied_line = %s, counts = %s, changed_at = %s WHERE id = %s"
                    " RETURNING stopping",
                    [job.applied_line, _json(job.counts), job.changed_at, job.pk],
                )
                found = cursor.fetchone()
                return bool(found and found[0])
        finally:
            other.close()


_TRIES: Final = 5


def _keep_errors(job: ResidentImport, wrong: Sequence[tuple[int, list[Error]]]) -> None:
    write_errors(job.pk, wrong)
    job.counts = {"error": ImportRow.objects.filter(import_id=job.pk, outcome=RowOutcome.ERROR).count()}
    job.save(update_fields=["counts"])


# What people ask of an import


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
            record(_did(job, by, "stop", at))


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
    """Open the undoing of a finished import, within 24 hours; ``run`` does it."""
    if job.finished_at is not None and at - job.finished_at > UNDO_WITHIN:
        raise Refused(refusals.UNDO_LATE)
    _step(job, (ImportState.DONE, ImportState.STOPPED), ImportState.UNDOING, "undo", by, at)


def _step(
    job: ResidentImport, sources: Sequence[str], target: str, verb: str, by: Actor, at: datetime, **values: Any
) -> None:
    with transaction.atomic():
        here = ResidentImport.objects.filter(pk=job.pk, state__in=sources)
        if not here.update(state=target, changed_at=at, **values):
            now = ResidentImport.objects.values_list("state", flat=True).get(pk=job.pk)
            raise Refused(refusals.WRONG_STEP, state=ImportState(now).label)
        record(_did(job, by, verb, at))
    job.refresh_from_db()


def _undo(job: ResidentImport, by: Actor, clock: Clock, report: Report | None) -> None:
    """Take back what the import wrote, last rows first; who was touched since by somebody else stays as he is."""
    while True:
        at = clock()
        with transaction.atomic():
            rows = list(
                ImportRow.objects.filter(import_id=job.pk, person_id__isnull=False)
                .order_by("-line")
                .values_list("line", "outcome", "person_id", "former")[:CHUNK]
            )
            if not rows:
                break
            kept = undo_rows(job, [(line, why, who or 0, was) for line, why, who, was in rows], by=by, at=at)
            counts = Counter(job.counts)
            counts.update({"kept": kept, "undone": len(rows) - kept})
            job.counts = dict(counts)
            job.save(update_fields=["counts"])
        if report:
            report(job)
    ResidentImport.objects.filter(pk=job.pk).update(state=ImportState.UNDONE, changed_at=clock())


def forget(*, before: datetime) -> int:
    """Drop the files and rows of imports that came to rest before ``before``; the import itself stays. How many."""
    resting = ResidentImport.objects.exclude(state__in=OPEN).filter(changed_at__lt=before)
    numbers = list(resting.filter(pk__in=ImportPart.objects.values("import_id")).values_list("pk", flat=True))
    with transaction.atomic():
        ImportPart.objects.filter(import_id__in=numbers).delete()
        ImportRow.objects.filter(import_id__in=numbers).delete()
    return len(numbers)
