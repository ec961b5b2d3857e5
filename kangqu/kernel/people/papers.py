"""A resident's papers and phones: adding, verifying, ending; numbers that two people truly hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, NOT_YOURS, Refused
from kangqu.kernel.people.documents import (
    Document,
    blind_of_canonical,
    open_number,
    read_document,
    seal_number,
)
from kangqu.kernel.people.models import Identifier, IdentifierDirectory, IdentifierKind, Person, Phone
from kangqu.kernel.people.phones import mask_phone, phone_blind, read_phone, seal_phone
from kangqu.kernel.people.refusals import BIRTH_MISMATCH, DOCUMENT_TAKEN, NOT_TWICE, VALUE_UNKNOWN
from kangqu.kernel.people.register import LARGEST_ID, bounded, lock_person, reasoned, row_state, tell
from kangqu.kernel.people.reviewing import open_review
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result

INDEX_KEEPER: Final = "index_keeper"
"""The role that answers for the master index (``access.roles``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document as somebody hands it in. ``verified``: the original was seen or read by a machine."""

    kind: str
    number: str
    verified: bool = False
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneGiven:
    """A phone number as somebody gives it. ``holder``: whose phone it is (self, mother, son …)."""

    number: str
    holder: str = "self"


def held_resident_id(person_id: int) -> str | None:
    """The resident identity number a person holds, opened; None when she holds none."""
    rows = Identifier.objects.filter(
        person_id=person_id, kind=IdentifierKind.RESIDENT_ID, mistaken=False, ended_at=None
    )
    sealed = rows.order_by("-verified", "id").values_list("sealed", flat=True).first()
    return None if sealed is None else open_number(sealed)


def store_documents(person_id: int, papers: Sequence[tuple[Paper, Document]], at: datetime) -> None:
    """Rows of a new person's documents, inside her transaction; ``document_taken`` when one is another's."""
    for paper, document in papers:
        if _claim(person_id, document) is not None:
            raise Refused(DOCUMENT_TAKEN, field="number")
        _insert(person_id, paper, document, at)


def store_phones(person_id: int, phones: Sequence[tuple[PhoneGiven, str]], at: datetime) -> None:
    for given, number in phones:
        _insert_phone(person_id, given, number, at)


def _claim(person_id: int, document: Document) -> int | None:
    """Enter a document into the directory for a person; None when it is hers now, else a person who holds it.

    The row goes in by INSERT … ON CONFLICT: of two desks claiming one number for two people, one wins.
    """
    blind = blind_of_canonical(document.number)
    holders = IdentifierDirectory.objects.filter(blind=blind, kind=document.kind)
    for _ in range(2):
        known = list(holders.values_list("person_id", flat=True))
        if person_id in known:
            return None
        if known:
            return known[0]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO people_identifierdirectory (blind, kind, person_id, issued_twice)"
                " VALUES (%s, %s, %s, false) ON CONFLICT DO NOTHING",
                [blind, document.kind, person_id],
            )
            if cursor.rowcount == 1:
                return None
    raise Refused(DOCUMENT_TAKEN, field="number")


def _insert(person_id: int, paper: Paper, document: Document, at: datetime) -> Identifier:
    if len(document.shown) > 40:
        raise Refused(BAD_INPUT, field="number", detail=document.kind)
    row, fresh = Identifier.objects.get_or_create(
        person_id=person_id,
        kind=document.kind,
        blind=blind_of_canonical(document.number),
        defaults={
            "sealed": seal_number(document.number),
            "shown": document.shown,
            "verified": paper.verified,
            "valid_to": paper.valid_to,
            "recorded_at": at,
        },
    )
    if not fresh and (row.ended_at is not None or paper.verified > row.verified or paper.valid_to != row.valid_to):
        row.ended_at, row.mistaken = None, False
        row.verified = row.verified or paper.verified
        row.valid_to = paper.valid_to or row.valid_to
        row.save(update_fields=["ended_at", "mistaken", "verified", "valid_to"])
    return row


def add_identifier(person_id: int, paper: Paper, *, by: Actor, at: datetime) -> Identifier:
    """Add a document to a person, or take up one she held before. Adding it again changes nothing.

    A number on another record is refused without a word about whose it is, and the pair of records goes to the review
    desk (in a transaction of its own, so that the refusal does not undo it).
    """
    with transaction.atomic():
        person = lock_person(person_id, living=True)
        document = read_document(paper.kind, paper.number, on=city_day(at), sex=person.sex)
        if document.birth_date is not None and person.birth_date not in (None, document.birth_date):
            raise Refused(BIRTH_MISMATCH, field="number")
        holder = _claim(person_id, document)
        if holder is None or _speaks_for(holder) == person_id:
            if holder is not None:
                return _held(holder, document)
            before = _row_of(person_id, document)
            row = _insert(person_id, paper, document, at)
            if row_state(before) != row_state(row):
                entry = by.did(
                    "people.add_identifier",
                    at=at,
                    person_id=person_id,
                    object_type="identifier",
                    object_id=row.id,
                    facts={"kind": document.kind},
                )
                tell(entry, before=row_state(before), after=row_state(row))
            return row
    with transaction.atomic():
        refused = by.did(
            "people.add_identifier", at=at, person_id=person_id, facts={"kind": document.kind}, result=Result.REFUSED
        )
        tell(refused)
        open_review(person_id, _speaks_for(holder), probability=0.5, reasons=[f"document:{document.kind}"], at=at)
    raise Refused(DOCUMENT_TAKEN, field="number")


def _speaks_for(person_id: int) -> int:
    """The record that speaks for a record: itself, or the one it was merged into."""
    return Person.objects.values_list("merged_into_id", flat=True).get(pk=person_id) or person_id


def _row_of(person_id: int, document: Document) -> Identifier | None:
    return Identifier.objects.filter(
        person_id=person_id, kind=document.kind, blind=blind_of_canonical(document.number)
    ).first()


def _held(person_id: int, document: Document) -> Identifier:
    return Identifier.objects.get(person_id=person_id, kind=document.kind, blind=blind_of_canonical(document.number))


def record_issued_twice(person_id: int, paper: Paper, *, by: Actor, at: datetime, reason: str) -> Identifier:
    """Record that a number was truly issued to two people (重号), and that this person is the second of them.

    Only a keeper of the index may say so, who has seen both papers. From then on the number finds both.
    """
    if by.role != INDEX_KEEPER:
        raise Refused(NOT_YOURS)
    why = reasoned(reason)
    with transaction.atomic():
        lock_person(person_id, living=True)
        document = read_document(paper.kind, paper.number, on=city_day(at))
        blind = blind_of_canonical(document.number)
        others = IdentifierDirectory.objects.filter(blind=blind, kind=document.kind).exclude(person_id=person_id)
        if others.update(issued_twice=True) == 0:
            raise Refused(NOT_TWICE, field="number")
        IdentifierDirectory.objects.bulk_create(
            [IdentifierDirectory(blind=blind, kind=document.kind, person_id=person_id, issued_twice=True)],
            ignore_conflicts=True,
        )
        before = row_state(_row_of(person_id, document))
        row = _insert(person_id, paper, document, at)
        facts = {"kind": document.kind}
        entry = by.did("people.issued_twice", at=at, person_id=person_id, reason=why, facts=facts)
        tell(entry, before=before, after=row_state(row))
        return row


def verify_identifier(person_id: int, identifier_id: int, *, by: Actor, at: datetime) -> Identifier:
    """Note that the original of a document was seen."""
    return _change_identifier(person_id, identifier_id, "people.verify_identifier", by=by, at=at)


def end_identifier(
    person_id: int, identifier_id: int, *, mistaken: bool, by: Actor, at: datetime, reason: str = ""
) -> Identifier:
    """End a document: it ran out or was replaced, and goes on naming its holder; or (``mistaken``) it never was hers,
    and leaves the directory, free for its true holder."""
    why = reasoned(reason) if mistaken else bounded(reason, 200, "reason")
    return _change_identifier(
        person_id, identifier_id, "people.end_identifier", by=by, at=at, reason=why, mistaken=mistaken
    )


def _change_identifier(
    person_id: int,
    identifier_id: int,
    action: str,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    mistaken: bool | None = None,
) -> Identifier:
    with transaction.atomic():
        lock_person(person_id)
        row = Identifier.objects.filter(person_id=person_id, id=min(identifier_id, LARGEST_ID)).first()
        if row is None:
            raise Refused(NOT_FOUND)
        before = row_state(row)
        if mistaken is None:
            if row.verified and row.ended_at is None:
                return row
            row.verified = True
        else:
            if row.ended_at is not None and row.mistaken == mistaken:
                return row
            row.ended_at, row.mistaken = row.ended_at or at, mistaken
            if mistaken:
                _leave_directory(person_id, row)
        row.save(update_fields=["verified", "ended_at", "mistaken"])
        facts = {"kind": row.kind, "mistaken": bool(mistaken)}
        entry = by.did(
            action, at=at, person_id=person_id, object_type="identifier", object_id=row.id, reason=reason, facts=facts
        )
        tell(entry, before=before, after=row_state(row))
        return row


def _leave_directory(person_id: int, row: Identifier) -> None:
    """Take a document out of the directory; of two holders of one number the other is left as its only one."""
    entries = IdentifierDirectory.objects.filter(blind=bytes(row.blind), kind=row.kind)
    entries.filter(person_id=person_id).delete()
    if entries.count() == 1:
        entries.update(issued_twice=False)


def add_phone(person_id: int, given: PhoneGiven, *, by: Actor, at: datetime) -> Phone:
    """Add a phone number to a person, or take up one that was ended. Families share numbers, so none is taken."""
    number = read_phone(given.number)
    with transaction.atomic():
        lock_person(person_id, living=True)
        before = row_state(Phone.objects.filter(person_id=person_id, blind=phone_blind(number)).first())
        row = _insert_phone(person_id, given, number, at)
        if before != row_state(row):
            entry = by.did("people.add_phone", at=at, person_id=person_id, object_type="phone", object_id=row.id)
            tell(entry, before=before, after=row_state(row))
        return row


_HOLDERS: Final = frozenset(
    {"self", "spouse", "father", "mother", "son", "daughter", "child", "guardian", "neighbour", "other"}
)


def _insert_phone(person_id: int, given: PhoneGiven, number: str, at: datetime) -> Phone:
    if given.holder not in _HOLDERS:
        raise Refused(VALUE_UNKNOWN, field="holder", value=given.holder[:10])
    row, fresh = Phone.objects.get_or_create(
        person_id=person_id,
        blind=phone_blind(number),
        defaults={
            "sealed": seal_phone(number),
            "shown": mask_phone(number),
            "holder": given.holder,
            "recorded_at": at,
        },
    )
    if not fresh and row.ended_at is not None:
        row.ended_at, row.verified_at, row.holder = None, None, given.holder
        row.save(update_fields=["ended_at", "verified_at", "holder"])
    return row


def verify_phone(person_id: int, phone_id: int, *, by: Actor, at: datetime) -> Phone:
    """Note that the person answered a message sent to this number."""
    return _change_phone(person_id, phone_id, "people.verify_phone", "verified_at", by=by, at=at)


def end_phone(person_id: int, phone_id: int, *, by: Actor, at: datetime) -> Phone:
    """End a phone number: it is no longer hers."""
    return _change_phone(person_id, phone_id, "people.end_phone", "ended_at", by=by, at=at)


def _change_phone(person_id: int, phone_id: int, action: str, column: str, *, by: Actor, at: datetime) -> Phone:
    with transaction.atomic():
        lock_person(person_id)
        row = Phone.objects.filter(person_id=person_id, id=min(phone_id, LARGEST_ID)).first()
        if row is None or (column == "verified_at" and row.ended_at is not None):
            raise Refused(NOT_FOUND)
        if getattr(row, column) is None:
            before = row_state(row)
            setattr(row, column, at)
            row.save(update_fields=[column])
            entry = by.did(action, at=at, person_id=person_id, object_type="phone", object_id=row.id)
            tell(entry, before=before, after=row_state(row))
        return row
