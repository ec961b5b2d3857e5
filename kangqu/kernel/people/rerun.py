"""Going over the whole index again, to find pairs that registration, import and changes left behind.

In chunks of records by number, each chunk one transaction that also says how far the pass has come: a pass that is
stopped, or killed, goes on where it was. Nothing is merged here, and nothing a human decided is proposed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import F

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.people.index import pairs_among, reasons_of, records
from kangqu.kernel.people.keys import match_keys
from kangqu.kernel.people.matching import Match
from kangqu.kernel.people.models import MatchRun, Person, Phone
from kangqu.kernel.people.register import policies, tell
from kangqu.kernel.people.reviewing import open_review
from kangqu.kernel.trace.actor import Actor

CHUNK: Final = 500
_PAIRS: Final = """
SELECT DISTINCT asked.person_id, hit.person_id
FROM unnest(%(ids)s::bigint[], %(keys)s::bigint[]) AS asked(person_id, key)
CROSS JOIN LATERAL (
    SELECT k.person_id FROM people_matchkey k WHERE k.key = asked.key AND k.person_id < asked.person_id
    ORDER BY k.person_id DESC LIMIT %(most)s) hit
UNION
SELECT DISTINCT asked.person_id, hit.person_id
FROM unnest(%(owners)s::bigint[], %(phones)s::bytea[]) AS asked(person_id, blind)
CROSS JOIN LATERAL (
    SELECT p.person_id FROM people_phone p WHERE p.blind = asked.blind AND p.person_id < asked.person_id LIMIT %(most)s) hit
"""


def run(*, by: Actor, at: datetime, chunk: int = CHUNK, heard: Callable[[MatchRun], None] = lambda _: None) -> MatchRun:
    """One pass over the index, or the rest of a pass that was stopped. ``heard`` is told after each chunk."""
    for state in steps(by=by, at=at, chunk=chunk):
        heard(state)
    return state


def steps(*, by: Actor, at: datetime, chunk: int = CHUNK) -> Iterator[MatchRun]:
    """The pass chunk by chunk; stop whenever you like, and begin again where it was."""
    state = _begun(by, at)
    while state.finished_at is None:
        state = _step(state, at, chunk)
        yield state


def _begun(by: Actor, at: datetime) -> MatchRun:
    with transaction.atomic():
        state, fresh = MatchRun.objects.get_or_create(finished_at=None, defaults={"started_at": at})
        if fresh:
            tell(by.did("people.match_run", at=at, object_type="match_run", object_id=state.pk))
        return state


def _step(state: MatchRun, at: datetime, chunk: int) -> MatchRun:
    """Look at one chunk. Of two workers at the same chunk one counts it; what both propose is stored once."""
    with transaction.atomic():
        people = list(
            Person.objects.filter(pk__gte=state.next_person_id)
            .order_by("pk")
            .values_list("pk", "name", "birth_date", "sex")[:chunk]
        )
        found = sum(
            open_review(low, high, probability=match.probability, reasons=reasons_of(match), at=at)
            for low, high, match in _matches(people, at)
        )
        here = MatchRun.objects.filter(pk=state.pk, next_person_id=state.next_person_id, finished_at=None)
        if people:
            here.update(
                next_person_id=people[-1][0] + 1, looked_at=F("looked_at") + len(people), found=F("found") + found
            )
        else:
            here.update(finished_at=at)
        return MatchRun.objects.get(pk=state.pk)


def _matches(people: list[tuple[int, str, date | None, str]], at: datetime) -> list[tuple[int, int, Match]]:
    keys = [(pk, key) for pk, name, born, sex in people for key in match_keys(name, born, sex)]
    phones = list(
        Phone.objects.filter(person_id__in=[row[0] for row in people], ended_at=None).values_list("person_id", "blind")
    )
    asked = {
        "ids": [pk for pk, _ in keys],
        "keys": [key for _, key in keys],
        "owners": [pk for pk, _ in phones],
        "phones": [bytes(blind) for _, blind in phones],
        "most": policies().value("people.match.candidates_per_key", on=city_day(at)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, asked)
        pairs = cursor.fetchall()
    return pairs_among(records(sorted({each for pair in pairs for each in pair})), pairs)
