"""Merging records of one person, and taking them apart again.

A merge is a pointer. The absorbed record is marked merged and names the record that speaks for it; papers, phones,
visits and everything else stay where they were written. So taking it out again restores every row as it was, and what
was written to either record meanwhile stays with that record.

The events (``Merging``) that were not undone form a forest: each record is absorbed into at most one other at a time.
``Person.merged_into`` is the root of its tree, written down so that one look finds it. Docs: algorithms/master-index.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Final

from django.db import connection, transaction

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.models import Merging, Person, PersonStatus, Review
from kangqu.kernel.people.refusals import MERGE_LATE, MERGE_SELF, UNMERGE_LATE
from kangqu.kernel.people.register import LARGEST_ID, lock_people, reasoned, state_of, tell
from kangqu.kernel.people.reviewing import settle
from kangqu.kernel.trace.actor import Actor

_TRIES: Final = 20
_TREE: Final = """
WITH RECURSIVE tree(id) AS (
    SELECT absorbed_id FROM people_merging WHERE survivor_id = %s AND unmerged_at IS NULL
    UNION
    SELECT m.absorbed_id FROM people_merging m JOIN tree ON m.survivor_id = tree.id WHERE m.unmerged_at IS NULL
)
SELECT id FROM tree ORDER BY id
"""


def merge(*, survivor_id: int, absorbed_id: int, by: Actor, at: datetime, reason: str) -> Merging:
    """Put ``absorbed`` under ``survivor``. Records that already pointed at ``absorbed`` are carried along.

    Both must speak for themselves; of two desks merging the same pair one merges and the other gets the same answer
    (the same way round) or is refused (the other way round).
    """
    with transaction.atomic():
        event = join(survivor_id=survivor_id, absorbed_id=absorbed_id, by=by, at=at, reason=reason)
        settle(survivor_id, absorbed_id, Review.State.SAME, by=by, at=at)
        return event


def join(*, survivor_id: int, absorbed_id: int, by: Actor, at: datetime, reason: str) -> Merging:
    """``merge`` without a word about the review of the pair, which the caller decides in the same transaction."""
    why = reasoned(reason)
    if survivor_id == absorbed_id:
        raise Refused(MERGE_SELF)
    with transaction.atomic():
        people = _lock_all(lambda: {survivor_id, absorbed_id, *under(absorbed_id)})
        survivor, absorbed = people[survivor_id], people[absorbed_id]
        if absorbed.merged_into_id == survivor_id:
            done = Merging.objects.filter(absorbed_id=absorbed_id, survivor_id=survivor_id, unmerged_at=None).first()
            if done is not None:
                return done
        if PersonStatus.MERGED in (survivor.status, absorbed.status):
            raise Refused(MERGE_LATE)
        carried = under(absorbed_id)
        event = Merging.objects.create(
            survivor_id=survivor_id,
            absorbed_id=absorbed_id,
            carried=carried,
            former_status=absorbed.status,
            reason=why,
            merged_at=at,
            merged_by=by.account_id,
        )
        _point(absorbed_id, PersonStatus.MERGED, survivor_id)
        Person.objects.filter(pk__in=carried).update(merged_into_id=survivor_id)
        _told("people.merge", event, state_of(absorbed), by=by, at=at, reason=why)
        return event


def unmerge(merging_id: int, *, by: Actor, at: datetime, reason: str) -> Merging:
    """Take an absorbed record out again: it and the records it brought along are as before the merge.

    Merges can be undone in any order. The pair counts as looked at and different from now on.
    """
    why = reasoned(reason)
    with transaction.atomic():
        event = Merging.objects.filter(pk=merging_id).first() if 0 < merging_id <= LARGEST_ID else None
        if event is None:
            raise Refused(NOT_FOUND)
        absorbed = _lock_all(partial(_with_root, event))[event.absorbed_id]
        if not Merging.objects.filter(pk=event.pk, unmerged_at=None).update(
            unmerged_at=at, unmerged_by=by.account_id, unmerge_reason=why
        ):
            raise Refused(UNMERGE_LATE)
        _point(event.absorbed_id, event.former_status, None)
        Person.objects.filter(pk__in=under(event.absorbed_id)).update(merged_into_id=event.absorbed_id)
        settle(event.survivor_id, event.absorbed_id, Review.State.DIFFERENT, by=by, at=at)
        _told("people.unmerge", event, state_of(absorbed), by=by, at=at, reason=why)
        return Merging.objects.get(pk=event.pk)


def _with_root(event: Merging) -> set[int]:
    """The records a merge concerns: the absorbed, those under it, and the record that speaks for them now."""
    root = Person.objects.values_list("merged_into_id", flat=True).get(pk=event.absorbed_id)
    if root is None:
        raise Refused(UNMERGE_LATE)
    return {event.absorbed_id, root, *under(event.absorbed_id)}


def _lock_all(concerned: Callable[[], set[int]]) -> dict[int, Person]:
    """Lock the records concerned, in the order of their numbers and all at once.

    Which they are may change while we wait; then all are let go and asked for again, so that nobody ever holds one
    while waiting for a lower one.
    """
    for _ in range(_TRIES):
        wanted = concerned()
        before = transaction.savepoint()
        people = lock_people(*wanted)
        if concerned() == wanted:
            transaction.savepoint_commit(before)
            return people
        transaction.savepoint_rollback(before)
    raise Refused(MERGE_LATE)


def _point(person_id: int, status: str, root_id: int | None) -> None:
    # Only the two pointer columns move: version and changed_at are the record's own, and come back untouched.
    Person.objects.filter(pk=person_id).update(status=status, merged_into_id=root_id)


def _told(action: str, event: Merging, before: dict[str, object], *, by: Actor, at: datetime, reason: str) -> None:
    after = state_of(Person.objects.get(pk=event.absorbed_id))
    facts = {"survivor": event.survivor_id, "absorbed": event.absorbed_id, "carried": event.carried}
    for person_id in (event.absorbed_id, event.survivor_id):
        entry = by.did(
            action,
            at=at,
            person_id=person_id,
            object_type="merging",
            object_id=event.pk,
            reason=reason,
            facts=facts,
        )
        own = person_id == event.absorbed_id
        tell(entry, before=before if own else None, after=after if own else None)


def under(person_id: int) -> list[int]:
    """The records below a record in the forest of merges that stand, in the order of their numbers."""
    with connection.cursor() as cursor:
        cursor.execute(_TREE, [person_id])
        return [row[0] for row in cursor.fetchall()]


def roots_of(person_ids: Iterable[int]) -> dict[int, int]:
    """For each record the record that speaks for it: itself, unless it was merged."""
    wanted = list(person_ids)
    found = dict(Person.objects.filter(pk__in=wanted, merged_into__isnull=False).values_list("pk", "merged_into_id"))
    return {each: found.get(each) or each for each in wanted}
