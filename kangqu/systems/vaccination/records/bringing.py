"""Doses of elsewhere or of long ago, brought with a paper: written down as they were, and judged with all others."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.basis.refusals import KEY_REUSED, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Entry
from kangqu.systems.vaccination.forecast import PRODUCTS
from kangqu.systems.vaccination.models import Dose, DoseSource
from kangqu.systems.vaccination.records.asked import Answer, History
from kangqu.systems.vaccination.records.giving import LETTER, MOST_AT_ONCE
from kangqu.systems.vaccination.records.known import Known, answers_of, count_again, in_order, known, lock
from kangqu.systems.vaccination.refusals import BAD_DAY, BIRTH_UNKNOWN, NOBODY_SUCH, VACCINE_UNKNOWN

_SYSTEM_RANDOM: Final = random.SystemRandom()


def bring_many(
    asked: Sequence[History], *, institution_id: int, by: Actor, at: datetime, rng: Random = _SYSTEM_RANDOM
) -> list[Answer]:
    """Record at most 500 doses brought to an institution, in one transaction; the answers in the same order, each for itself.

    What a paper says is kept, also where it does not count; why it does not stands beside it.
    """
    if len(asked) > MOST_AT_ONCE:
        raise ValueError(f"at most {MOST_AT_ONCE} doses at once")
    with transaction.atomic():
        lock(each.person_id for each in asked)
        people = known(each.person_id for each in asked)
        kept = Dose.objects.filter(person_id__in=people, key__in={each.key for each in asked})
        before = {(dose.person_id, dose.key): dose for dose in kept}
        numbers = iter(take_ids(len(asked)))
        taken: list[Dose | Refused] = []
        fresh = list[Dose]()
        for each in asked:
            try:
                dose = before.get((each.person_id, each.key))
                if dose is None:
                    who = _who(each, people, at)
                    dose = _dose(each, institution_id, by, at, next(numbers), rng)
                    who.doses.append(dose)
                    in_order(who.doses)
                    fresh.append(dose)
                    before[each.person_id, each.key] = dose
                elif (dose.vaccine, dose.given_on) != (each.vaccine, each.given_on):
                    raise Refused(KEY_REUSED)
                taken.append(dose)
            except Refused as refused:
                taken.append(refused)
        Dose.objects.bulk_create(fresh)
        counts = count_again([people[each] for each in {dose.person_id for dose in fresh}], city_day(at))
        record(*(_told(each, by, at) for each in fresh))
    return answers_of(taken, {dose.id for dose in fresh}, counts)


def _who(asked: History, people: dict[int, Known], at: datetime) -> Known:
    who = people.get(asked.person_id)
    if who is None:
        raise Refused(NOBODY_SUCH, field="resident")
    if asked.vaccine not in PRODUCTS:
        raise Refused(VACCINE_UNKNOWN, field="vaccine", vaccine=asked.vaccine)
    if who.person.birth_date is None:
        raise Refused(BIRTH_UNKNOWN)
    if not who.person.birth_date <= asked.given_on <= city_day(at):
        raise Refused(BAD_DAY, field="given_on", day=asked.given_on.isoformat())
    return who


def _dose(asked: History, institution_id: int, by: Actor, at: datetime, dose_id: int, rng: Random) -> Dose:
    return Dose(
        id=dose_id, person_id=asked.person_id, code=new_code(LETTER, rng), key=asked.key, vaccine=asked.vaccine, maker=asked.maker,
        lot_number=asked.lot, given_on=asked.given_on, institution_id=institution_id, place=asked.place, source=DoseSource.BROUGHT,
        recorded_at=at, recorded_by=by.account_id,
    )  # fmt: skip


def _told(dose: Dose, by: Actor, at: datetime) -> Entry:
    facts = {"vaccine": dose.vaccine, "on": dose.given_on.isoformat()}
    return by.did("dose.bring", at=at, person_id=dose.person_id, object_type="dose", object_id=dose.id, facts=facts)
