"""What can be done with a resident's record: register, change, move, die. Papers, families and merging have their own pages.

Every verb works in one transaction, leaves a trace row with the digests of the state before and after, and either
does the thing or raises a named refusal. The row of the person is locked first, so verbs on one person queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.basis.refusals import NOT_FOUND, STALE, Refused
from kangqu.kernel.people.documents import Document, read_document
from kangqu.kernel.people.keys import match_keys
from kangqu.kernel.people.models import (
    IdentifierKind,
    MatchKey,
    Person,
    PersonName,
    PersonStatus,
    Residence,
    Sex,
)
from kangqu.kernel.people.names import normalise_name, spell
from kangqu.kernel.people.papers import (
    Paper,
    PhoneGiven,
    held_resident_id,
    store_documents,
    store_phones,
)
from kangqu.kernel.people.phones import read_phone
from kangqu.kernel.people.refusals import (
    BIRTH_DATE,
    BIRTH_MISMATCH,
    DEATH_DATE,
    MOVE_DATE,
    NOT_DECEASED,
    PERSON_DECEASED,
    PERSON_MERGED,
    VALUE_UNKNOWN,
)
from kangqu.kernel.people.register import (
    LARGEST_ID,
    PUBLIC_LETTER,
    bounded,
    done_before,
    known_region,
    lock_person,
    reasoned,
    state_of,
    tell,
)
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResident:
    """A resident as a desk or a file describes her. Birth date and sex may be left to the identity number."""

    name: str
    sex: str = Sex.UNKNOWN
    birth_date: date | None = None
    documents: Sequence[Paper] = ()
    phones: Sequence[PhoneGiven] = ()
    region: str | None = None
    address: str = ""
    registered_region: str | None = None
    registered_address: str = ""
    nationality: str = "CHN"
    ethnicity: str = ""
    kept_by_id: int | None = None
    former_names: Sequence[str] = ()
    demo: bool = field(default=False)


@dataclass(frozen=True, slots=True)
class _Read:
    """A new resident, every part read and found good."""

    person: Mapping[str, Any]
    documents: Sequence[tuple[Paper, Document]]
    phones: Sequence[tuple[PhoneGiven, str]]
    registered: tuple[str | None, str]
    former_names: Sequence[str]


def register_person(new: NewResident, *, by: Actor, at: datetime, rng: Random, key: str | None = None) -> Person:
    """Open a record for a resident nobody has registered yet.

    Refused when a document is on another record. ``key`` makes a retry harmless: it answers with the record the first
    call opened. Whether she may be somebody already known by other papers is the question of ``index.find``, asked
    before; whoever registers all the same calls ``index.propose`` after, so that the pair is looked at.
    """
    read = _read_new(new, city_day(at))
    with transaction.atomic():
        (person_id,) = take_ids(1)
        first = done_before(key, verb="people.register", asked=asdict(new), answer_id=person_id, at=at)
        if first is not None:
            return Person.objects.get(pk=first)
        person = Person.objects.create(
            id=person_id, public_code=new_code(PUBLIC_LETTER, rng), registered_at=at, changed_at=at, **read.person
        )
        store_documents(person_id, read.documents, at)
        store_phones(person_id, read.phones, at)
        _store_residences(person, read.registered, city_day(at))
        for name in read.former_names:
            _keep_name(person_id, name, PersonName.Use.FORMER, None)
        _store_keys(person)
        facts = {"documents": sorted(paper.kind for paper, _ in read.documents), "phones": len(read.phones)}
        tell(by.did("people.register", at=at, person_id=person_id, facts=facts), after=state_of(person))
        return person


def _read_new(new: NewResident, today: date) -> _Read:
    papers = [(paper, read_document(paper.kind, paper.number, on=today, sex=new.sex)) for paper in new.documents]
    born, sex = new.birth_date, new.sex
    for _, document in papers:
        if document.birth_date is not None:
            if born is not None and born != document.birth_date:
                raise Refused(BIRTH_MISMATCH, field="birth_date")
            born, sex = document.birth_date, document.sex or sex
    person = _read_fields(
        {
            "name": new.name,
            "sex": sex,
            "birth_date": born,
            "region": new.region,
            "address": new.address,
            "nationality": new.nationality,
            "ethnicity": new.ethnicity,
            "kept_by_id": new.kept_by_id,
        },
        today,
    )
    return _Read(
        person=person | {"demo": new.demo},
        documents=papers,
        phones=[(given, read_phone(given.number)) for given in new.phones],
        registered=(
            known_region(new.registered_region, "registered_region"),
            bounded(new.registered_address, 200, "registered_address"),
        ),
        former_names=[normalise_name(name) for name in new.former_names],
    )


def _read_fields(asked: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The columns of a person for what was asked, each read and checked; ``VALUE_UNKNOWN`` for an unknown field."""
    columns: dict[str, Any] = {}
    for name, value in asked.items():
        reader = _READERS.get(name)
        if reader is None:
            raise Refused(VALUE_UNKNOWN, field=name, value=name[:40])
        columns |= reader(value, today)
    return columns


def _read_name(value: str, _: date) -> dict[str, Any]:
    name = normalise_name(value)
    spelling = spell(name)
    return {"name": name, "name_pinyin": spelling.pinyin, "name_initials": spelling.initials}


def _read_sex(value: str, _: date) -> dict[str, Any]:
    if value not in Sex.values:
        raise Refused(VALUE_UNKNOWN, field="sex", value=str(value)[:10])
    return {"sex": value}


def _read_birth_date(value: date | None, today: date) -> dict[str, Any]:
    if value is not None and not date(1800, 1, 1) <= value <= today:
        raise Refused(BIRTH_DATE, field="birth_date")
    return {"birth_date": value}


def _read_nationality(value: str, _: date) -> dict[str, Any]:
    if not (len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):
        raise Refused(VALUE_UNKNOWN, field="nationality", value=value[:10])
    return {"nationality": value}


def _read_ethnicity(value: str, _: date) -> dict[str, Any]:
    # GB/T 3304: 01–56, 97 other, 98 foreign blood.
    if value and not (
        len(value) == 2 and value.isascii() and value.isdigit() and (1 <= int(value) <= 56 or value in ("97", "98"))
    ):
        raise Refused(VALUE_UNKNOWN, field="ethnicity", value=value[:10])
    return {"ethnicity": value}


def _read_kept_by(value: int | None, _: date) -> dict[str, Any]:
    if value is not None and not (0 < value <= LARGEST_ID and Institution.objects.filter(pk=value).exists()):
        raise Refused(VALUE_UNKNOWN, field="kept_by_id", value=str(value)[:20])
    return {"kept_by_id": value}


_READERS: Final[Mapping[str, Callable[[Any, date], dict[str, Any]]]] = {
    "name": _read_name,
    "sex": _read_sex,
    "birth_date": _read_birth_date,
    "region": lambda value, _: {"region_id": known_region(value)},
    "address": lambda value, _: {"address": bounded(value, 200, "address")},
    "nationality": _read_nationality,
    "ethnicity": _read_ethnicity,
    "kept_by_id": _read_kept_by,
}


def _store_residences(person: Person, registered: tuple[str | None, str], today: date) -> None:
    rows = []
    if person.region_id or person.address:
        rows.append(Residence(use=Residence.Use.HOME, region_id=person.region_id, address=person.address))
    if any(registered):
        rows.append(Residence(use=Residence.Use.REGISTERED, region_id=registered[0], address=registered[1]))
    for row in rows:
        row.person_id, row.from_on = person.pk, today
    Residence.objects.bulk_create(rows)


def _keep_name(person_id: int, name: str, use: PersonName.Use, ended_on: date | None) -> None:
    PersonName.objects.get_or_create(
        person_id=person_id,
        name=name,
        defaults={"name_pinyin": spell(name).pinyin, "use": use, "ended_on": ended_on},
    )


def _store_keys(person: Person, former: Person | None = None) -> None:
    """Make the stored keys those of the person as she is now written. ``former``: as she was written until now."""
    wanted = set(match_keys(person.name, person.birth_date, person.sex))
    if former is not None:
        # By the whole key: MatchKey has no index on the person alone, which would cost every resident a row of it.
        left = set(match_keys(former.name, former.birth_date, former.sex)) - wanted
        MatchKey.objects.filter(key__in=left, person_id=person.pk).delete()
    MatchKey.objects.bulk_create([MatchKey(key=key, person_id=person.pk) for key in wanted], ignore_conflicts=True)


def change_person(person_id: int, *, version: int, by: Actor, at: datetime, **changes: Any) -> Person:
    """Change what is written of a person, if nobody changed it since ``version`` was read.

    Fields: name, sex, birth_date, region, address, nationality, ethnicity, kept_by_id. A stale version is refused with
    both values; a retry of a change that was made is not stale. The former name and home are kept.
    """
    asked = _read_fields(changes, city_day(at))
    with transaction.atomic():
        person = lock_person(person_id)
        before, former = state_of(person), copy(person)
        if person.version != version:
            theirs = {name: getattr(person, name) for name in asked}
            if theirs == asked and person.version == version + 1:
                return person
            raise Refused(STALE, yours=asked, theirs=theirs, version=person.version)
        asked = {name: value for name, value in asked.items() if getattr(person, name) != value}
        if not asked:
            return person
        _agree_with_paper(person_id, asked, city_day(at))
        if "name" in asked:
            _keep_name(person_id, person.name, PersonName.Use.FORMER, city_day(at))
        for name, value in asked.items():
            setattr(person, name, value)
        person.version += 1
        person.changed_at = at
        person.save(update_fields=[*asked, "version", "changed_at"])
        if asked.keys() & {"region_id", "address"}:
            _change_home(person, city_day(at))
        _store_keys(person, former)
        entry = by.did("people.change", at=at, person_id=person_id, facts={"fields": sorted(asked)})
        tell(entry, before=before, after=state_of(person))
        return person


def _agree_with_paper(person_id: int, asked: Mapping[str, Any], today: date) -> None:
    """A birth date or sex other than the one in the person's own identity number is refused."""
    if not asked.keys() & {"birth_date", "sex"} or (number := held_resident_id(person_id)) is None:
        return
    paper = read_document(IdentifierKind.RESIDENT_ID, number, on=today, sex=asked.get("sex", ""))
    if asked.get("birth_date", paper.birth_date) != paper.birth_date:
        raise Refused(BIRTH_MISMATCH, field="birth_date")


def _change_home(person: Person, today: date) -> None:
    Residence.objects.filter(person_id=person.pk, use=Residence.Use.HOME, to_on=None).update(to_on=today)
    if person.region_id or person.address:
        Residence.objects.create(
            person_id=person.pk,
            use=Residence.Use.HOME,
            region_id=person.region_id,
            address=person.address,
            from_on=today,
        )


def move_out(person_id: int, *, on: date, by: Actor, at: datetime, reason: str = "") -> Person:
    """Record that a resident left the city on the day ``on``. Her record and her code stay."""
    if on > city_day(at):
        raise Refused(MOVE_DATE, field="on")
    return _pass(
        person_id,
        "people.move_out",
        Q(status=PersonStatus.ACTIVE),
        {"status": PersonStatus.MOVED, "moved_on": on},
        by=by,
        at=at,
        reason=bounded(reason, 200, "reason"),
    )


def move_in(person_id: int, *, region: str | None, address: str, by: Actor, at: datetime) -> Person:
    """Record that a resident lives in the city (again), in ``region`` at ``address``, from today."""
    home = {"region_id": known_region(region), "address": bounded(address, 200, "address")}
    with transaction.atomic():
        person = _pass(
            person_id,
            "people.move_in",
            Q(status__in=(PersonStatus.ACTIVE, PersonStatus.MOVED)),
            {"status": PersonStatus.ACTIVE, "moved_on": None, **home},
            by=by,
            at=at,
        )
        _change_home(person, city_day(at))
        return person


def record_death(person_id: int, *, on: date, by: Actor, at: datetime, reason: str = "") -> Person:
    """Record that a resident died on the day ``on``. Nobody acts for her any more from this moment."""
    if on > city_day(at):
        raise Refused(DEATH_DATE, field="on")
    with transaction.atomic():
        born = lock_person(person_id).birth_date
        if born is not None and on < born:
            raise Refused(DEATH_DATE, field="on")
        return _pass(
            person_id,
            "people.death",
            Q(status__in=(PersonStatus.ACTIVE, PersonStatus.MOVED)),
            {"status": PersonStatus.DECEASED, "deceased_on": on},
            by=by,
            at=at,
            reason=bounded(reason, 200, "reason"),
        )


def undo_death(person_id: int, *, by: Actor, at: datetime, reason: str) -> Person:
    """Put right a death recorded by mistake: the person is again what she was before. Says why."""
    with transaction.atomic():
        person = lock_person(person_id)
        if person.status != PersonStatus.DECEASED:
            raise Refused(NOT_DECEASED)
        return _pass(
            person_id,
            "people.undo_death",
            Q(status=PersonStatus.DECEASED),
            {"status": PersonStatus.MOVED if person.moved_on else PersonStatus.ACTIVE, "deceased_on": None},
            by=by,
            at=at,
            reason=reasoned(reason),
        )


def _pass(
    person_id: int,
    action: str,
    source: Q,
    target: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> Person:
    """Move a person from one standing to another, or say why she is not in the first. Done already is done."""
    with transaction.atomic():
        before = Person.objects.select_for_update(no_key=True).filter(pk=min(person_id, LARGEST_ID)).first()
        if before is None:
            raise Refused(NOT_FOUND)
        if before.status == PersonStatus.MERGED:
            raise Refused(PERSON_MERGED)
        if all(getattr(before, name) == value for name, value in target.items()):
            return before
        here = Person.objects.filter(source, pk=person_id)
        if here.update(**target, version=F("version") + 1, changed_at=at) == 0:
            raise Refused(PERSON_DECEASED if before.status == PersonStatus.DECEASED else STALE)
        person = Person.objects.get(pk=person_id)
        entry = by.did(action, at=at, person_id=person_id, reason=reason)
        tell(entry, before=state_of(before), after=state_of(person))
        return person
