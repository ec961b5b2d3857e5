"""Giving doses: each is recorded, known already, or refused with its reason (docs/algorithms/vaccination-records.md)."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.db import transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.basis.refusals import KEY_REUSED, Refused, Words
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Entry
from kangqu.systems.vaccination.cold_chain.refusals import VIALS_HELD
from kangqu.systems.vaccination.definition import DOCTORS
from kangqu.systems.vaccination.forecast import PRODUCTS
from kangqu.systems.vaccination.models import Dose, DoseSource, LotState, Observation, PreCheck, VaccineLot
from kangqu.systems.vaccination.policy import minutes, number
from kangqu.systems.vaccination.records.asked import Answer, Injection, Recorded
from kangqu.systems.vaccination.records.judging import may_give
from kangqu.systems.vaccination.records.known import Known, answers_of, count_again, in_order, known, lock
from kangqu.systems.vaccination.records.questions import QUESTIONS, facts_from, sentence, stopped_by, unanswered
from kangqu.systems.vaccination.refusals import (
    BAD_TIME,
    BIRTH_UNKNOWN,
    DECEASED,
    LOT_EXPIRED,
    LOT_HELD,
    LOT_UNKNOWN,
    NO_PRE_CHECK,
    NO_STOCK,
    NOBODY_SUCH,
    NOT_NOW,
    PRE_CHECK_STOPS,
    SAME_DAY,
    UNANSWERED,
    VACCINE_UNKNOWN,
)
from kangqu.systems.vaccination.stock.taking import Shelf, shelf_of

LETTER: Final = "V"
MOST_AT_ONCE: Final = 500
_Row = TypeVar("_Row", Observation, PreCheck)
_SYSTEM_RANDOM: Final = random.SystemRandom()


def give(
    injection: Injection, *, institution_id: int, by: Actor, at: datetime, rng: Random = _SYSTEM_RANDOM
) -> Recorded:
    """Record one dose given here. Raises what stands in the way."""
    (answer,) = give_many([injection], institution_id=institution_id, by=by, at=at, rng=rng)
    if isinstance(answer, Refused):
        raise answer
    return answer


def give_many(
    asked: Sequence[Injection], *, institution_id: int, by: Actor, at: datetime, rng: Random = _SYSTEM_RANDOM
) -> list[Answer]:
    """Record at most 500 doses given at an institution, in one transaction; the answers in the same order, each for itself."""
    if len(asked) > MOST_AT_ONCE:
        raise ValueError(f"at most {MOST_AT_ONCE} doses at once")
    with transaction.atomic():
        lock(each.person_id for each in asked)
        desk = _desk(asked, institution_id, by, at)
        numbers = iter(take_ids(len(asked)))
        answers: list[Dose | Refused] = []
        for each in asked:
            try:
                answers.append(desk.take(each, next(numbers), rng))
            except Refused as refused:
                answers.append(refused)
        return desk.write(answers)


@dataclass(slots=True)
class _Desk:
    """One batch under way: what is known, and what has been decided so far."""

    institution_id: int
    by: Actor
    at: datetime
    people: dict[int, Known]
    before: dict[tuple[int, str], Dose]
    checked: dict[tuple[int, str], PreCheck]
    lots: dict[tuple[str, str], list[VaccineLot]]
    shelf: Shelf
    given: list[Dose] = field(default_factory=list)
    asked: list[PreCheck] = field(default_factory=list)

    def take(self, injection: Injection, dose_id: int, rng: Random) -> Dose:
        """Judge one dose and take it from the stock; the one recorded before where the request is the same."""
        before = self.before.get((injection.person_id, injection.key))
        if before is not None:
            if (before.vaccine, before.lot_number) != (injection.vaccine, injection.lot):
                raise Refused(KEY_REUSED)
            return before
        who = self._who(injection)
        answers = self._answers(injection)
        self._may(who, injection, answers)
        lot = self._lot(injection)
        if not self.shelf.take(lot.pk, dose_id, self.by.account_id):
            raise Refused(VIALS_HELD if lot.pk in self.shelf.held else NO_STOCK, field="lot", lot=lot.number)
        dose = self._dose(injection, lot, dose_id, rng)
        who.doses.append(dose)
        in_order(who.doses)
        self.before[injection.person_id, injection.key] = dose
        self.given.append(dose)
        if injection.answers is not None:
            self.asked.append(
                pre_check_of(injection.person_id, self.institution_id, answers, self.by, injection.given_at)
            )
        return dose

    def _who(self, injection: Injection) -> Known:
        who = self.people.get(injection.person_id)
        if who is None:
            raise Refused(NOBODY_SUCH, field="resident")
        if injection.vaccine not in PRODUCTS or not PRODUCTS[injection.vaccine].vaccine:
            raise Refused(VACCINE_UNKNOWN, field="vaccine", vaccine=injection.vaccine)
        hours = number("report_hours", self.at)
        if not self.at - timedelta(hours=hours) <= injection.given_at <= self.at:
            raise Refused(BAD_TIME, field="given_at", hours=hours)
        if who.deceased:
            raise Refused(DECEASED)
        if who.person.birth_date is None:
            raise Refused(BIRTH_UNKNOWN)
        return who

    def _answers(self, injection: Injection) -> Mapping[str, bool]:
        """The answers this dose rests on: its own, or those of its day here."""
        answers = injection.answers
        if answers is None:
            found = self.checked.get((injection.person_id, city_day(injection.given_at).isoformat()))
            if found is None:
                raise Refused(NO_PRE_CHECK)
            answers = found.answers
        if lacking := unanswered(answers):
            raise Refused(UNANSWERED, questions=sentence(lacking))
        if stops := stopped_by(answers, injection.vaccine):
            raise Refused(PRE_CHECK_STOPS, questions=sentence(stops))
        return answers

    def _may(self, who: Known, injection: Injection, answers: Mapping[str, bool]) -> None:
        day = city_day(injection.given_at)
        decides = bool(injection.decided.strip()) and self.by.role in {str(role) for role in DOCTORS}
        verdict = may_give(who.as_asked(facts_from(answers)), who.history(), injection.vaccine, day)
        if not verdict.may and not (verdict.decidable and decides):
            name = PRODUCTS[injection.vaccine]
            raise Refused(
                NOT_NOW, field="vaccine", vaccine=Words(name.zh, name.en), reason=Words(verdict.zh, verdict.en)
            )
        there = next((dose for dose in who.doses if (dose.vaccine, dose.given_on) == (injection.vaccine, day)), None)
        if there is not None and not decides:
            raise Refused(SAME_DAY, field="vaccine", day=day.isoformat(), code=there.code)

    def _lot(self, injection: Injection) -> VaccineLot:
        found = self.lots.get((injection.vaccine, injection.lot), [])
        found = [each for each in found if injection.maker in ("", each.maker)]
        if len(found) != 1:
            raise Refused(LOT_UNKNOWN, field="lot", lot=injection.lot)
        (lot,) = found
        if lot.expires_on < city_day(injection.given_at):
            raise Refused(LOT_EXPIRED, field="lot", lot=lot.number, day=lot.expires_on.isoformat())
        if lot.state != LotState.OK:
            raise Refused(LOT_HELD, field="lot", lot=lot.number, because=lot.state_why)
        return lot

    def _dose(self, injection: Injection, lot: VaccineLot, dose_id: int, rng: Random) -> Dose:
        return Dose(
            id=dose_id, person_id=injection.person_id, code=new_code(LETTER, rng), key=injection.key, vaccine=injection.vaccine,
            maker=lot.maker, lot_number=lot.number, lot=lot, given_on=city_day(injection.given_at), given_at=injection.given_at,
            institution_id=self.institution_id, vaccinator_id=self.by.account_id, site=injection.site, source=DoseSource.GIVEN,
            decided=injection.decided.strip()[:200], booking_id=injection.booking_id, recorded_at=self.at,
            recorded_by=self.by.account_id,
        )  # fmt: skip

    def write(self, taken: Sequence[Dose | Refused]) -> list[Answer]:
        """Write what was given, count everything again, and answer."""
        Dose.objects.bulk_create(self.given)
        PreCheck.objects.bulk_create(_numbered(self.asked))
        self.shelf.write()
        self._watch()
        counts = count_again([self.people[each] for each in {dose.person_id for dose in self.given}], city_day(self.at))
        record(*(self._told(dose) for dose in self.given))
        return answers_of(taken, {dose.id for dose in self.given}, counts)

    def _watch(self) -> None:
        """Begin to observe whoever was given a dose, or go on for longer."""
        length = minutes("observation_minutes", self.at)
        latest = {dose.person_id: dose for dose in self.given}
        watched = Observation.objects.filter(person_id__in=latest, institution_id=self.institution_id, ended_at=None)
        again = list(watched)
        for row in again:
            dose = latest.pop(row.person_id)
            row.dose_id, row.until = dose.id, max(row.until, (dose.given_at or self.at) + length)
        Observation.objects.bulk_update(again, ["dose_id", "until"])
        rows = [
            Observation(
                person_id=dose.person_id, dose_id=dose.id, institution_id=self.institution_id, starts_at=dose.given_at or self.at,
                until=(dose.given_at or self.at) + length,
            )
            for dose in latest.values()
        ]  # fmt: skip
        Observation.objects.bulk_create(_numbered(rows))

    def _told(self, dose: Dose) -> Entry:
        facts = {"vaccine": dose.vaccine, "lot": dose.lot_number}
        return self.by.did(
            "dose.give", at=self.at, person_id=dose.person_id, object_type="dose", object_id=dose.id, reason=dose.decided, facts=facts
        )  # fmt: skip


def _numbered(rows: list[_Row]) -> list[_Row]:
    """Rows with numbers: what the database gives a row written in bulk is not told back."""
    for row, row_id in zip(rows, take_ids(len(rows)) if rows else (), strict=True):
        row.id = row_id
    return rows


def pre_check_of(person_id: int, institution_id: int, answers: Mapping[str, bool], by: Actor, at: datetime) -> PreCheck:
    """The row of a pre-check."""
    kept = {code: answers[code] for code in QUESTIONS if code in answers}
    stops = [code for code, value in kept.items() if value]
    return PreCheck(
        person_id=person_id, institution_id=institution_id, day=city_day(at), answers=kept, stops=stops, asked_at=at,
        asked_by=by.account_id,
    )  # fmt: skip


def _desk(asked: Sequence[Injection], institution_id: int, by: Actor, at: datetime) -> _Desk:
    people = {each.person_id for each in asked}
    before = {
        (dose.person_id, dose.key): dose
        for dose in Dose.objects.filter(person_id__in=people, key__in={each.key for each in asked})
    }
    days = {city_day(each.given_at) for each in asked}
    checks = PreCheck.objects.filter(person_id__in=people, institution_id=institution_id, day__in=days)
    checked = {(each.person_id, each.day.isoformat()): each for each in checks.order_by("asked_at", "id")}
    lots: dict[tuple[str, str], list[VaccineLot]] = {}
    for lot in VaccineLot.objects.filter(number__in={each.lot for each in asked}):
        lots.setdefault((lot.vaccine, lot.number), []).append(lot)
    shelf = shelf_of(institution_id, [lot for each in lots.values() for lot in each], at)
    return _Desk(institution_id, by, at, known(people), before, checked, lots, shelf)
