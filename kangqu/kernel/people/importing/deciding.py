"""Who is this row? Thousands of rows are asked at once: one join by document, one by blocking key and phone, and the
matcher for the few that are left.

A row whose document is known is that resident, unless everything else speaks against it. A row without a known
document is weighed against the residents that share a key with it. Of residents with a checked identity number of
their own only those are weighed whose number could be the row's: two valid numbers are two people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.people.importing.candidates import MOST, EarlierRows, candidates
from kangqu.kernel.people.importing.guardians import holders_of, judge_guardians
from kangqu.kernel.people.importing.households import household_key, judge_households
from kangqu.kernel.people.importing.known import ROW_FIELD, Asked, Known, load_known
from kangqu.kernel.people.importing.models import ResidentImport, RowOutcome
from kangqu.kernel.people.importing.refusals import DOCUMENT_OF_ANOTHER, TWICE_IN_FILE
from kangqu.kernel.people.importing.rows import unpack
from kangqu.kernel.people.matching.decide import Decision, judge, match
from kangqu.kernel.people.matching.frequencies import IndexFrequencies
from kangqu.kernel.people.matching.rows import Subject
from kangqu.kernel.people.matching.weights import index_weights

_NUMBER_COLUMN: Final = 4


def decide(job: ResidentImport, rows: Sequence[Asked], *, at: datetime, earlier: EarlierRows | None = None) -> None:
    """Answer each of ``rows``, in their order; called inside a transaction. What the rows themselves say twice is
    found in the whole file by document, and within ``rows`` by everything else; ``earlier`` are the rows before these
    that are residents of the index only once the import is written."""
    _plan_by_index()
    _refuse_repeated(job.pk, rows)
    holders = holders_of((row.blind, row.kind) for row in rows if row.blind is not None)
    weighed = [row for row in rows if not row.errors and _key(row) not in holders]
    found = candidates(weighed)
    before = earlier.like(weighed) if earlier else {}
    with_homes = any(household_key(row.values) for row in rows)
    people = {*holders.values(), *(each for likely in found.values() for each in likely)}
    known = load_known(people, with_homes=with_homes)
    weigher = _Weigher(known, rows)
    for row in rows:
        if row.errors:
            row.outcome = RowOutcome.ERROR
        elif row.outcome is RowOutcome.UNCHANGED:
            continue
        elif (holder := holders.get(_key(row))) is not None and holder in known:
            _meet_holder(row, known[holder])
        else:
            weigher.weigh(row, found.get(row.line, ()), before.get(row.line, ()))
    judge_households(job.pk, rows, owner=job.institution_id or 0)
    judge_guardians(job.pk, rows, at=at)
    _part_from_wrong_twins(rows)
    if earlier:
        earlier.keep(rows)


def _part_from_wrong_twins(rows: Sequence[Asked]) -> None:
    """Where an earlier row turned out wrong after later ones were found to be the same resident, the first of these
    stands for the resident."""
    stands: dict[int, Asked] = {}
    for row in rows:
        if row.twin is None or row.twin.outcome is not RowOutcome.ERROR or row.outcome is RowOutcome.ERROR:
            continue
        first = stands.setdefault(row.twin.line, row)
        if first is row:
            row.twin, row.outcome = None, RowOutcome.NEW
        else:
            row.twin = first


def _plan_by_index() -> None:
    # A table that grew in this very transaction has no statistics yet; only the indexes are right whatever its size.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),"
            " set_config('enable_mergejoin', 'off', true)"
        )


def _key(row: Asked) -> tuple[bytes, str]:
    return row.blind or b"", row.kind


def _refuse_repeated(import_id: int, rows: Sequence[Asked]) -> None:
    """A document that stands in the file before: the same values again are no news, other values are an error."""
    blinds = [row.blind for row in rows if row.blind is not None]
    if not blinds:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            # OFFSET 0: the rows of a document are sought first, then those of this import among them; never the other
            # way round, whatever the planner believes about tables that have just grown.
            "SELECT DISTINCT ON (r.blind, r.kind) r.blind, r.kind, r.line, r.sealed"
            " FROM unnest(%s::bytea[]) AS asked (blind), LATERAL (SELECT blind, kind, line, sealed, import_id, outcome"
            " FROM people_importrow WHERE blind = asked.blind OFFSET 0) r"
            " WHERE r.import_id = %s AND r.outcome <> 'error' ORDER BY r.blind, r.kind, r.line",
            [copying.blob_array(blinds), import_id],
        )
        first = {(bytes(blind), kind): (line, sealed) for blind, kind, line, sealed in cursor.fetchall()}
    for row in rows:
        line, sealed = first.get(_key(row), (row.line, None))
        if line >= row.line or sealed is None:
            continue
        if unpack(unseal(sealed, ROW_FIELD)) == row.values:
            row.outcome = RowOutcome.UNCHANGED
        else:
            row.errors.append((TWICE_IN_FILE.code, _NUMBER_COLUMN, {"line": line}))


def _meet_holder(row: Asked, holder: Known) -> None:
    """The document is known: link, unless name and the rest say that this is somebody else's number."""
    row.known, row.by_document, row.outcome = holder, True, RowOutcome.CHANGED
    if any(name == row.values.name and born in (None, row.values.born) for name, born in holder.identities):
        return
    found = judge(row.subject(), holder.subject(), index_weights(), IndexFrequencies())
    if found.decision is not Decision.SAME:
        row.known, row.outcome = None, RowOutcome.ERROR
        row.errors.append((DOCUMENT_OF_ANOTHER.code, _NUMBER_COLUMN, {}))


class _Weigher:
    """Weighs rows against residents, and against the new residents of the rows before them."""

    def __init__(self, known: Mapping[int, Known], rows: Sequence[Asked]) -> None:
        self._known = known
        # Two rows with two checked numbers are never compared: where all have one, nothing needs to be remembered.
        self._remembers = not all(row.papered for row in rows)
        self._subjects: dict[int, Subject] = {}
        self._fresh: dict[int | str, list[Asked]] = defaultdict(list)
        self._unpapered: dict[int | str, list[Asked]] = defaultdict(list)

    def weigh(self, row: Asked, candidates: Sequence[int], earlier: Sequence[Asked]) -> None:
        """Decide about ``row``: the same as a candidate or an earlier row, one for review, or new."""
        residents = [self._known[each] for each in candidates if each in self._known]
        twins = [*earlier, *(self._twins(row) if self._remembers else ())]
        if residents or twins:
            self._judge(row, residents, twins)
        if self._remembers and row.outcome in (RowOutcome.NEW, RowOutcome.REVIEW):
            for key in self._keys(row):
                self._fresh[key].append(row)
                if not row.papered:
                    self._unpapered[key].append(row)

    def _judge(self, row: Asked, residents: Sequence[Known], twins: Sequence[Asked]) -> None:
        subjects = [*map(self._subject, residents), *(twin.subject() for twin in twins)]
        answer = match(row.subject(), subjects)
        if answer.best is None:
            return
        best = answer.matches[answer.best]
        row.probability = best.probability
        row.outcome = RowOutcome.LINKED if answer.decision is Decision.SAME else RowOutcome.REVIEW
        if answer.best < len(residents):
            row.known = residents[answer.best]
        else:
            row.twin = twins[answer.best - len(residents)]

    def _subject(self, resident: Known) -> Subject:
        if (found := self._subjects.get(resident.id)) is None:
            found = self._subjects[resident.id] = resident.subject()
        return found

    def _keys(self, row: Asked) -> list[int | str]:
        return [*row.keys, row.values.phone] if row.values.phone else [*row.keys]

    def _twins(self, row: Asked) -> list[Asked]:
        before = self._unpapered if row.papered else self._fresh
        found = {other.line: other for key in self._keys(row) for other in before.get(key, ())[:MOST]}
        return list(found.values())[:MOST]
