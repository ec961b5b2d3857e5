"""Opening cases: once for every key."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.basis.refusals import KEY_REUSED, Refused
from kangqu.kernel.cases.listening import listeners_of
from kangqu.kernel.cases.models import Case, Event
from kangqu.kernel.cases.refusals import NO_PROGRAMME, PERSON_NEEDED
from kangqu.kernel.cases.registry import programme_of
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.terms import terms_in
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

LETTER: Final = "K"
_SYSTEM_RANDOM: Final = random.SystemRandom()


def open_case(
    code: str,
    *,
    key: str,
    institution_id: int,
    by: Actor,
    at: datetime,
    person_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
    number: str = "",
    parent_id: int | None = None,
    origin_id: int | None = None,
    emits: tuple[str, ...] = (),
    rng: Random = _SYSTEM_RANDOM,
) -> tuple[Snapshot, bool]:
    """Open a case of the newest version of the programme ``code``; the case, and whether it is new.

    The same ``key`` opens one case: asked again about the same person at the same place it answers the one there is,
    otherwise ``KEY_REUSED``. ``facts`` are what the case starts with, already clean (JSON).
    """
    programme = programme_of(code)
    if programme is None:
        raise Refused(NO_PROGRAMME)
    if programme.about_person and person_id is None:
        raise Refused(PERSON_NEEDED, field="person")
    given = dict(facts or {})
    terms = terms_in(programme, programme.first, given, at)
    origin = origin_id if origin_id is not None else institution_id
    with transaction.atomic():
        (number_of_case,) = take_ids(1)
        row = Case(
            id=number_of_case,
            code=new_code(LETTER, rng),
            programme=code,
            version=programme.version,
            state=programme.first,
            person_id=person_id,
            institution_id=institution_id,
            origin_id=origin,
            key=key,
            number=number,
            parent_id=parent_id,
            facts=given,
            opened_at=at,
            changed_at=at,
            due_at=terms.due_at,
            rank_at=terms.rank_at,
            act_at=terms.act_at,
        )
        Case.objects.bulk_create([row], ignore_conflicts=True)
        known = Case.objects.filter(programme=code, key=key).values_list("pk", "person_id", "origin_id").get()
        if known[0] != number_of_case:
            if known[1:] != (person_id, origin):
                raise Refused(KEY_REUSED)
            return _read(known[0]), False
        record(
            by.did(
                "case.open",
                at=at,
                person_id=person_id,
                object_type="case",
                object_id=number_of_case,
                facts={"programme": code, "seq": 1, "version": programme.version, "state": programme.first},
            )
        )
        Event.objects.bulk_create(
            Event(name=name, listener=listener, case_id=number_of_case, seq=1, told_at=at, due_at=at)
            for name in emits
            for listener in listeners_of(name)
        )
    return _read(number_of_case), True


def _read(case_id: int) -> Snapshot:
    found = snapshot(case_id)
    assert found is not None
    return found
