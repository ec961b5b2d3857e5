"""The first phase: rows are read, checked and staged, sealed, with the blind index of their document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from django.db import connection, transaction

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.sealing import keys
from kangqu.kernel.people.documents import IDENTIFIER_FIELD
from kangqu.kernel.people.importing import phases, refusals
from kangqu.kernel.people.importing.columns import Header, read_header
from kangqu.kernel.people.importing.filing import stored_blocks
from kangqu.kernel.people.importing.formats import read_rows
from kangqu.kernel.people.importing.guardians import guardian_document
from kangqu.kernel.people.importing.households import NUMBER_FIELD, seat_blind
from kangqu.kernel.people.importing.known import ROW_FIELD
from kangqu.kernel.people.importing.limits import limits_on
from kangqu.kernel.people.importing.models import ImportMode, ImportState, ResidentImport, RowOutcome
from kangqu.kernel.people.importing.phases import Work, as_json
from kangqu.kernel.people.importing.rows import RowReader
from kangqu.kernel.places.reads import resolve_region


def parse(work: Work) -> None:
    """Read, check and stage the rows not staged yet. Rows are counted off, not sought: a quoted line break may hide
    anywhere in a CSV file."""
    job = work.job
    staging = Staging(job, work.clock())
    rows = read_rows(job.format, job.encoding, _counting(job), limits_on(city_day(work.clock())))
    while chunk := list(islice(rows, phases.CHUNK)):
        at = work.clock()
        with transaction.atomic():
            staging.add(chunk)
            staging.save(at)
        if work.stopped(at):
            return
        work.tell()
    if job.rows == 0:
        raise Refused(refusals.FILE_EMPTY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_importrow")
    wrong = int(job.counts.get("error", 0))
    if wrong and job.mode == ImportMode.ALL and not job.preview:
        raise Refused(refusals.ROWS_WRONG, count=wrong)
    work.move_on(ImportState.DECIDING if job.preview else ImportState.APPLYING, work.clock())


def _counting(job: ResidentImport) -> Iterator[bytes]:
    job.bytes_read = 0
    for block in stored_blocks(job):
        job.bytes_read += len(block)
        yield block


class Staging:
    """Stages the rows of one file; holds what is dear to make."""

    def __init__(self, job: ResidentImport, at: datetime) -> None:
        self.job, self._today = job, city_day(at)
        self._reader: RowReader | None = None
        self._seal, self._blind = keys().sealer(ROW_FIELD), keys().blinder(IDENTIFIER_FIELD)
        self._seat = keys().blinder(NUMBER_FIELD)

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
            sealed, errors = self._seal(as_json({"cells": cells})), b"\x01" + as_json(found).encode()
            tail = (
                copying.NULL,
                copying.text(""),
                copying.pack_length(len(errors)) + errors,
                copying.NULL,
                copying.NULL,
            )
            return b"".join((*head, _ERROR, copying.blob(sealed), *tail))
        blind = copying.blob(self._blind(found.number)) if found.number else copying.NULL
        ties = (copying.blob(seat_blind(found, self._seat)), copying.blob(guardian_document(found, self._blind)))
        sealed = copying.blob(self._seal(found.packed()))
        return b"".join((*head, _READ, sealed, blind, copying.text(found.kind), _NO_ERRORS, *ties))

    def save(self, at: datetime) -> None:
        job = self.job
        job.changed_at = at
        job.save(
            update_fields=[
                "rows", "last_line", "bytes_read", "counts", "header", "recognised", "unknown", "changed_at",
            ]
        )  # fmt: skip


_ROW_COLUMNS: Final = ("import_id", "line", "outcome", "sealed", "blind", "kind", "errors", "heads", "guardian")
_ROW_COUNT: Final = copying.pack_count(len(_ROW_COLUMNS))
_READ: Final = copying.text(RowOutcome.READ.value)
_ERROR: Final = copying.text(RowOutcome.ERROR.value)
_NO_ERRORS: Final = copying.blob(b"\x01[]")


def _region_code(written: str) -> str | None:
    try:
        return resolve_region(written).region.code
    except Refused:
        return None
