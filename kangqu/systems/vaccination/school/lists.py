"""Taking a class list, and who leaves a class (``docs/algorithms/school-lists.md``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import take_ids
from kangqu.kernel.basis.refusals import NOT_FOUND, Refusal, Refused
from kangqu.kernel.people.models import Person, PersonStatus
from kangqu.kernel.places.models import Institution, InstitutionKind
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.records.known import lock
from kangqu.systems.vaccination.records.people import NOBODY, Who, numbers_of
from kangqu.systems.vaccination.school.models import ClassList, Pupil, SchoolClass
from kangqu.systems.vaccination.school.reading import Line, read_list
from kangqu.systems.vaccination.school.refusals import (
    CLASS_WRONG,
    NAME_MISSING,
    NOBODY_SUCH,
    NOT_A_SCHOOL,
    NUMBER_MISSING,
    TWICE,
)

YEAR_BEGINS: Final = 8  # August
LONGEST_CLASS: Final = 20


def school_year(day: date) -> int:
    """The year in which the school year of a day began."""
    return day.year if day.month >= YEAR_BEGINS else day.year - 1


@lru_cache(maxsize=4096)
def is_school(institution_id: int) -> bool:
    """Whether an institution is a school; what kind it is never changes."""
    return Institution.objects.filter(pk=institution_id, kind=InstitutionKind.SCHOOL).exists()


def school_at(institution_id: int) -> Institution:
    """The school; NOT_A_SCHOOL for any other place."""
    found = Institution.objects.filter(pk=institution_id, kind=InstitutionKind.SCHOOL).first()
    if found is None:
        raise Refused(NOT_A_SCHOOL)
    return found


def take_list(blocks: Iterable[bytes], *, file_name: str, institution_id: int, by: Actor, at: datetime) -> ClassList:
    """Take a school's list, in one transaction: each row for itself, those refused kept with their reason."""
    school, day = school_at(institution_id), city_day(at)
    lines = read_list(blocks, day)
    people, refused = _matched(lines)
    with transaction.atomic():
        lock(people)
        classes = _classes(school, school_year(day), {_class_of(line) for line in people.values()})
        counts = _enter(people, classes, day)
        counts["refused"] = len(refused)
        kept = ClassList.objects.create(
            school=school, file_name=file_name[:200], year=school_year(day), counts=counts, refused=refused, taken_at=at,
            taken_by=by.account_id,
        )  # fmt: skip
        facts = {"file": kept.file_name, **counts}
        record(by.did("school.list", at=at, object_type="class_list", object_id=kept.pk, facts=facts))
    return kept


def _class_of(line: Line) -> tuple[int, str]:
    assert line.grade is not None  # rows without one were refused
    return line.grade, line.class_name


def _matched(lines: Sequence[Line]) -> tuple[dict[int, Line], list[dict[str, Any]]]:
    """The rows that are somebody's, by person; and the others with their reason, in the order of the list."""
    numbers = numbers_of([Who(id_number=line.number, name=line.name) for line in lines])
    alive = set(
        Person.objects.filter(pk__in=set(numbers) - {NOBODY}, status=PersonStatus.ACTIVE).values_list("pk", flat=True)
    )
    people: dict[int, Line] = {}
    refused: list[dict[str, Any]] = []
    for line, number in zip(lines, numbers, strict=True):
        why = _wrong(line, number, alive, people)
        if why is None:
            people[number] = line
        else:
            refused.append({"line": line.line, "name": line.name[:50], "class": line.class_name[:40], "code": why.code})
    return people, refused


def _wrong(line: Line, number: int, alive: set[int], people: dict[int, Line]) -> Refusal | None:
    if not line.name:
        return NAME_MISSING
    if not line.number:
        return NUMBER_MISSING
    if line.grade is None or not line.class_name or len(line.class_name) > LONGEST_CLASS:
        return CLASS_WRONG
    if number not in alive:
        return NOBODY_SUCH
    return TWICE if number in people else None


def _classes(school: Institution, year: int, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], SchoolClass]:
    rows = [SchoolClass(school=school, year=year, grade=grade, name=name) for grade, name in sorted(wanted)]
    SchoolClass.objects.bulk_create(rows, ignore_conflicts=True)
    return {(each.grade, each.name): each for each in SchoolClass.objects.filter(school=school, year=year)}


def _enter(people: dict[int, Line], classes: dict[tuple[int, str], SchoolClass], day: date) -> dict[str, int]:
    """Put each into her class; how many were new, moved from another, there already."""
    now = {each.person_id: each for each in Pupil.objects.filter(person_id__in=people, until=None)}
    counts, fresh, left = Counter[str](), list[Pupil](), list[Pupil]()
    for person_id, line in people.items():
        wanted, there = classes[_class_of(line)], now.get(person_id)
        if there is not None and there.school_class_id == wanted.pk:
            counts["same"] += 1
            continue
        counts["new" if there is None else "moved"] += 1
        if there is not None:
            there.until = day
            left.append(there)
        fresh.append(Pupil(person_id=person_id, school_class=wanted, since=day))
    for pupil in left:
        Pupil.objects.filter(person_id=pupil.person_id, id=pupil.id).update(until=day)
    for pupil, number in zip(fresh, take_ids(len(fresh)) if fresh else (), strict=True):
        pupil.id = number
    Pupil.objects.bulk_create(fresh)
    return {name: counts[name] for name in ("new", "moved", "same")}


def leave_class(person_id: int, class_id: int, *, institution_id: int, by: Actor, at: datetime) -> None:
    """Write down that a child left the school. Twice is once."""
    with transaction.atomic():
        mine = Pupil.objects.filter(
            person_id=person_id, school_class_id=class_id, school_class__school_id=institution_id
        )
        if not mine.exists():
            raise Refused(NOT_FOUND)
        if Pupil.objects.filter(pk__in=[each.pk for each in mine], until=None).update(until=city_day(at)):
            record(by.did("school.leave", at=at, person_id=person_id, object_type="school_class", object_id=class_id))
