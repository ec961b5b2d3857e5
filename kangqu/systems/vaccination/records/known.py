"""What the record knows of some people: who they are, their files, histories, and what their doses count as."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Final

from kangqu.kernel.basis.ids import take_ids
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.models import Person, PersonStatus
from kangqu.systems.vaccination import forecast
from kangqu.systems.vaccination.models import Counted, Dose, DoseStatus, VaccinationFile
from kangqu.systems.vaccination.records.asked import Answer, Recorded
from kangqu.systems.vaccination.records.judging import Count, counts_of

_LOCK: Final = """
SELECT pg_advisory_xact_lock(h) FROM (SELECT hashint8extended(unnest(%s::bigint[]), 7919) AS h ORDER BY 1) AS sorted
"""
_SEX: Final = {"1": "male", "2": "female"}
_FACTS: Final = frozenset(each.name for each in fields(forecast.Person)) - {"born", "sex"}


@dataclass(slots=True)
class Known:
    """One person as the record has her. ``doses`` are those that stand, in the order of their days, those of records merged
    into hers among them; ``records`` the numbers of all these records."""

    person: Person
    records: list[int] = field(default_factory=list)
    facts: Mapping[str, Any] = field(default_factory=dict)
    doses: list[Dose] = field(default_factory=list)

    @property
    def deceased(self) -> bool:
        return str(self.person.status) == PersonStatus.DECEASED

    def as_asked(self, more: Mapping[str, Any] | None = None) -> forecast.Person:
        """Herself as the forecaster takes her. The caller has seen that she has a birth date."""
        assert self.person.birth_date is not None
        told = {name: value for name, value in {**self.facts, **(more or {})}.items() if name in _FACTS}
        for name in ("severe_allergy", "conditions"):
            if name in told:
                told[name] = frozenset(told[name])
        return forecast.Person(born=self.person.birth_date, sex=_SEX.get(self.person.sex), **told)

    def history(self) -> list[forecast.Dose]:
        return [forecast.Dose(each.vaccine, each.given_on) for each in self.doses]


def lock(person_ids: Iterable[int]) -> None:
    """Let nobody else change these people's records until the transaction ends; in one order everywhere."""
    run(_LOCK, (sorted(set(person_ids)),))


def known(person_ids: Iterable[int]) -> dict[int, Known]:
    """What is known of each; who is not there, or speaks no more for herself, is left out."""
    wanted = sorted(set(person_ids))
    living = Person.objects.filter(pk__in=wanted).exclude(status=PersonStatus.MERGED)
    found = {person.pk: Known(person, [person.pk]) for person in living}
    speaks = {number: number for number in found}
    for number, root in Person.objects.filter(merged_into_id__in=list(found)).values_list("pk", "merged_into_id"):
        speaks[number] = root
        found[root].records.append(number)
    for file in VaccinationFile.objects.filter(person_id__in=list(speaks)):
        who = found[speaks[file.person_id]]
        who.facts = {**file.facts, **who.facts} if file.person_id != who.person.pk else {**who.facts, **file.facts}
    standing = Dose.objects.filter(person_id__in=list(speaks), status=DoseStatus.COMPLETED)
    for dose in standing:
        found[speaks[dose.person_id]].doses.append(dose)
    for who in found.values():
        in_order(who.doses)
    return found


def count_again(people: Sequence[Known], day: date) -> dict[int, list[Count]]:
    """Compute what every dose of these people counts as on ``day``, and write what changed; by dose."""
    wanted: dict[tuple[int, int, str, str], tuple[Dose, Count]] = {}
    told: defaultdict[int, list[Count]] = defaultdict(list)
    for each in people:
        for count in counts_of(each.as_asked(), each.history(), day):
            dose = each.doses[count.position]
            told[dose.id].append(count)
            wanted[dose.person_id, dose.id, count.programme, count.series] = (dose, count)
    stale = []
    records = [number for each in people for number in each.records]
    for row in Counted.objects.filter(person_id__in=records):
        found = wanted.pop((row.person_id, row.dose_id, row.programme, row.series), None)
        if found is None:
            stale.append(row.id)
        elif not _same(row, *found):
            stale.append(row.id)
            wanted[row.person_id, row.dose_id, row.programme, row.series] = found
    if stale:
        Counted.objects.filter(person_id__in=records, id__in=stale).delete()
    numbers = take_ids(len(wanted)) if wanted else []
    Counted.objects.bulk_create(_row(number, *each) for number, each in zip(numbers, wanted.values(), strict=True))
    return told


def _same(row: Counted, dose: Dose, count: Count) -> bool:
    now = (row.number, row.validity, row.version, row.given_on, row.late, row.completes, row.boosts)
    return now == (
        count.number, str(count.validity), count.version, dose.given_on, count.late, count.completes, count.boosts
    )  # fmt: skip


def _row(number: int, dose: Dose, count: Count) -> Counted:
    return Counted(
        id=number, person_id=dose.person_id, dose_id=dose.id, programme=count.programme, series=count.series, number=count.number,
        validity=str(count.validity), version=count.version, given_on=dose.given_on, late=count.late,
        completes=count.completes, boosts=count.boosts,
    )  # fmt: skip


def numbers_of(counts: Sequence[Count]) -> dict[str, int | None]:
    """What one dose counts as, by series: where several programmes judge it, the number of the one that counts it."""
    told: dict[str, int | None] = {}
    for count in counts:
        if count.series and told.get(count.series) is None:
            told[count.series] = count.number
    return told


def in_order(doses: list[Dose]) -> None:
    """Put doses in the order in which histories are judged."""
    doses.sort(
        key=lambda each: (each.given_on, each.given_at or datetime.min.replace(tzinfo=each.recorded_at.tzinfo), each.id)
    )


def answers_of(
    taken: Sequence[Dose | Refused], fresh: Collection[int], counts: Mapping[int, Sequence[Count]]
) -> list[Answer]:
    """What a batch answers, in its order: each dose with what it counts as, new the first time it stands there."""
    earlier = _kept_numbers([each for each in taken if isinstance(each, Dose) and each.id not in fresh])
    answers, seen = list[Answer](), set[int]()
    for each in taken:
        if isinstance(each, Refused):
            answers.append(each)
            continue
        numbers = numbers_of(counts[each.id]) if each.id in fresh else earlier.get(each.id, {})
        answers.append(Recorded(each.person_id, each.id, each.code, numbers, each.id in fresh and each.id not in seen))
        seen.add(each.id)
    return answers


def _kept_numbers(doses: Sequence[Dose]) -> dict[int, dict[str, int | None]]:
    """What doses count as, as it is kept; found by their people, whose rows lie together."""
    told: dict[int, dict[str, int | None]] = {}
    people, numbers = {each.person_id for each in doses}, {each.id for each in doses}
    for row in Counted.objects.filter(person_id__in=people, dose_id__in=numbers) if doses else ():
        mine = told.setdefault(row.dose_id, {})
        if row.series and mine.get(row.series) is None:
            mine[row.series] = row.number
    return told
