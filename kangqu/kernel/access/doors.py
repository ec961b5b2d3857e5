"""The doors: the only ways from a request to a resident's data.

A door decides by role and institution, relation, presence today, consent and emergency, and leaves a trace of the look.
A resident who does not exist and one whom the viewer may not see answer alike: the same refusal after the same
questions to the database. The refusal carries the entry that tells of the attempt; serving records it after whatever
transaction was under way has been undone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Left

from kangqu.kernel.access import policy
from kangqu.kernel.access.models import Encounter
from kangqu.kernel.access.roles import Purpose, Right, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.basis.sealing import blind
from kangqu.kernel.people.documents import blind_of, open_number
from kangqu.kernel.people.models import Identifier, IdentifierDirectory, IdentifierKind, Person, PersonStatus, Phone
from kangqu.kernel.people.phones import normalise_phone, open_phone, phone_blind
from kangqu.kernel.places.models import Institution, ServedRegion
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Entry, Result, Stream

CARERS: Final = frozenset(
    {Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR, Role.DOCTOR, Role.NURSE, Role.MIDWIFE, Role.PHARMACIST}
)

MAY_LOOK_FOR: Final[dict[Purpose, frozenset[Role]]] = {
    Purpose.CARE: CARERS | {Role.PUBLIC_HEALTH_WORKER, Role.HOME_MANAGER, Role.SYSTEM},
    Purpose.REGISTRATION: CARERS | {Role.REGISTRAR, Role.PUBLIC_HEALTH_WORKER, Role.SYSTEM} - {Role.PHARMACIST},
    Purpose.PUBLIC_HEALTH: frozenset(
        {Role.CDC_OFFICER, Role.PUBLIC_HEALTH_WORKER, Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR, Role.NURSE}
    ),
    Purpose.INDEX: frozenset({Role.INDEX_KEEPER}),
    Purpose.ENTRY: frozenset({Role.GATE_KEEPER, Role.DEVICE}),
    Purpose.SUPERVISION: frozenset({Role.COMMISSION_OFFICER, Role.INSPECTOR}),
    Purpose.AUDIT: frozenset({Role.AUDIT_ADMIN}),
    Purpose.EMERGENCY: CARERS - {Role.PHARMACIST},
}
"""Which roles may look at a person for a purpose. A resident looks for ``Purpose.SELF`` only."""

_OF_THE_PHARMACY: Final = {Role.PHARMACIST, Role.DISPENSER, Role.DECOCTION_WORKER, Role.COURIER, Role.PHARMACY_MANAGER}
BY_RESIDENCE: Final = (
    frozenset(Role) - {Role.DOCTOR, Role.HOME_MANAGER, Role.GATE_KEEPER, Role.DEVICE} - _OF_THE_PHARMACY
)
"""Roles that look after everybody who lives in the regions served. A hospital's doctor does not: she sees those who
come to her, who consent, whose record her institution keeps, or, in an emergency, with a reason."""


class Relation(StrEnum):
    """Why the door opened: kept with the trace."""

    SELF = "self"
    GUARDIAN = "guardian"
    PROXY = "proxy"
    KEPT = "kept"  # an institution in the subtree keeps the record
    SERVED = "served"  # she lives where an institution in the subtree serves
    PRESENT = "present"  # she showed her code there today
    CONSENT = "consent"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Access:
    """An open door: the person, why it opened, the grant it was opened with, and the look as it was traced."""

    person: Person
    relation: Relation
    held: Held | None
    purpose: Purpose


_STANDS_FOR: Final = """
    SELECT kind, rights::text FROM people_proxy
     WHERE person_id IN (SELECT id FROM people_person WHERE id = %(person)s OR merged_into_id = %(person)s)
       AND agent_id IN (SELECT id FROM people_person WHERE id = %(agent)s OR merged_into_id = %(agent)s)
       AND revoked_at IS NULL AND starts_at <= %(at)s AND ends_at > %(at)s
     ORDER BY kind
"""

# One question whoever she is: with no person the same statement runs and finds nothing.
_REACH: Final = """
    SELECT held.place,
           coalesce(kept.path LIKE held.path || '%%', p.kept_by_id IS NULL AND p.region_id IS NULL AND held.root AND held.residence),
           held.residence AND EXISTS (
             SELECT 1 FROM places_servedregion s JOIN places_institution i ON i.id = s.institution_id
              WHERE i.path LIKE held.path || '%%' AND p.region_id LIKE s.region_id || '%%'),
           EXISTS (SELECT 1 FROM access_encounter e JOIN places_institution i ON i.id = e.institution_id
              WHERE e.person_id = p.id AND e.day = %(day)s AND i.path LIKE held.path || '%%'),
           EXISTS (SELECT 1 FROM access_consent c LEFT JOIN places_institution i ON i.id = c.institution_id
              WHERE c.person_id = p.id AND c.purpose = %(purpose)s AND c.withdrawn_at IS NULL
                AND c.given_at <= %(at)s AND c.ends_at > %(at)s
                AND (c.institution_id IS NULL OR i.path LIKE held.path || '%%')),
           held.carer AND EXISTS (SELECT 1 FROM access_breakglass b
              WHERE b.person_id = p.id AND b.account_id = %(account)s
                AND b.opened_at <= %(at)s AND b.ends_at > %(at)s)
      FROM unnest(%(paths)s::text[], %(roots)s::boolean[], %(residence)s::boolean[], %(carers)s::boolean[])
           WITH ORDINALITY AS held(path, root, residence, carer, place)
      LEFT JOIN people_person p ON p.id = %(person)s
      LEFT JOIN places_institution kept ON kept.id = p.kept_by_id
     ORDER BY held.place
"""

_CODE_LENGTHS: Final = (2, 4, 6, 9, 12)
"""How long a division's code is: a region lies in every region its code begins with."""

_RELATIONS: Final = (Relation.KEPT, Relation.SERVED, Relation.PRESENT, Relation.CONSENT, Relation.EMERGENCY)


def access_person(
    viewer: Viewer,
    who: str | int,
    *,
    to: Purpose,
    at: datetime,
    right: Right | None = None,
    action: str = "person.open",
) -> Access:
    """The only way from a request to a resident: by public code, or by number where a page already had her.

    ``right`` is what an agent of the family must have been given. Leaves a trace of the look. ``Refused(NOT_FOUND)``
    when there is no such resident or the viewer may not see her.
    """
    person = find_person(who)
    found = _by_family(viewer, person, to, right, at) if viewer.person_id else _by_post(viewer, person, to, at)
    if person is None or found is None:
        raise hidden(viewer, who, person, to, at, action)
    relation, held = found
    record(_look(viewer, action, at, to=to, held=held, person=person, facts={"relation": relation.value}))
    return Access(person, relation, held, to)


def find_person(who: str | int) -> Person | None:
    """The resident of a public code or number; one merged into another is spoken for by the other."""
    if isinstance(who, int):
        wanted = Q(pk=who) if 0 < who < 2**63 else Q(pk=None)
    else:
        code = read_code(who[:40], "R")
        wanted = Q(public_code=code) if code else Q(pk=None)
    person = Person.objects.select_related("merged_into").filter(wanted).first()
    return person.merged_into if person is not None and person.merged_into is not None else person


def _by_family(
    viewer: Viewer, person: Person | None, to: Purpose, right: Right | None, at: datetime
) -> tuple[Relation, None] | None:
    """The resident herself, or somebody who stands for her and has the right."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDS_FOR, {"person": person.pk if person else -1, "agent": viewer.person_id, "at": at})
        rows = cursor.fetchall()
    if person is None or to is not Purpose.SELF:
        return None
    if person.pk == viewer.person_id:
        return Relation.SELF, None
    if person.status == PersonStatus.DECEASED:
        return None  # nobody acts for the dead
    for kind, rights in rows:
        if kind == Relation.GUARDIAN:
            return Relation.GUARDIAN, None
        if right is not None and right.value in json.loads(rights):
            return Relation.PROXY, None
    return None


def _by_post(viewer: Viewer, person: Person | None, to: Purpose, at: datetime) -> tuple[Relation, Held] | None:
    """Staff and systems: the first grant with a reason to look."""
    held = viewer.holding(MAY_LOOK_FOR.get(to, frozenset()))
    with connection.cursor() as cursor:
        cursor.execute(
            _REACH,
            {
                "person": person.pk if person else -1,
                "purpose": to.value,
                "account": viewer.account_id or -1,
                "at": at,
                "day": city_day(at),
                "paths": [each.path for each in held],
                "roots": [each.path.count("/") == 2 for each in held],
                "residence": [each.role in BY_RESIDENCE for each in held],
                "carers": [each.role in MAY_LOOK_FOR[Purpose.EMERGENCY] for each in held],
            },
        )
        rows = cursor.fetchall()
    if person is None:
        return None
    for place, *reasons in rows:
        for relation, holds in zip(_RELATIONS, reasons, strict=True):
            if holds and _counts(relation, to):
                return relation, held[place - 1]
    return None


def _counts(relation: Relation, to: Purpose) -> bool:
    """An emergency opens what care needs, and only that; a gate sees who stands before it, and nobody else."""
    if relation is Relation.EMERGENCY:
        return to in (Purpose.CARE, Purpose.EMERGENCY)
    if to is Purpose.ENTRY:
        return relation is Relation.PRESENT
    return True


def _look(
    viewer: Viewer,
    action: str,
    at: datetime,
    *,
    to: Purpose,
    held: Held | None = None,
    person: Person | None = None,
    facts: dict[str, Any] | None = None,
    result: Result = Result.SEEN,
    reason: str = "",
) -> Entry:
    return viewer.actor(held=held, purpose=to).did(
        action,
        at=at,
        person_id=person.pk if person is not None else None,
        facts=facts,
        result=result,
        stream=Stream.LOOK,
        reason=reason,
    )


class Hidden(Refused):
    """Not found or not open to the viewer: it does not say which. ``entry`` is what the trace should know of it."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(NOT_FOUND)
        self.entry = entry


def hidden(viewer: Viewer, who: str | int, person: Person | None, to: Purpose, at: datetime, action: str) -> Hidden:
    """The refusal to raise when ``who`` is missing or closed to the viewer."""
    facts = {"asked": query_hash(str(who))}
    return Hidden(_look(viewer, action, at, to=to, person=person, facts=facts, result=Result.REFUSED))


def query_hash(text: str) -> str:
    """What was asked for, as the trace keeps it: equal questions are seen to be equal, and none can be read."""
    return blind(text.encode("utf-8", "replace").decode()[:200], "access.query").hex()


# Many at once


def people_in_scope(viewer: Viewer, *, to: Purpose, at: datetime) -> QuerySet[Person]:
    """The residents the viewer's posts reach for a purpose: kept, served, or present today. No trace: a part of doors."""
    posts = viewer.holding(MAY_LOOK_FOR.get(to, frozenset()))
    scope = reduce(or_, (_scope_of(held, to, at) for held in posts), Q(pk__in=[]))
    return Person.objects.filter(scope, merged_into=None)


def _scope_of(held: Held, to: Purpose, at: datetime) -> Q:
    present = Encounter.objects.filter(person_id=OuterRef("pk"), day=city_day(at))
    here = _institutions_under(held)
    scope = Q(Exists(present.filter(institution_id__in=here)))
    if to is Purpose.ENTRY:
        return scope
    scope |= Q(kept_by__path__startswith=held.path)
    if held.role in BY_RESIDENCE:
        home = reduce(or_, (Q(region_id=Left(OuterRef("region_id"), length)) for length in _CODE_LENGTHS))
        scope |= Q(Exists(ServedRegion.objects.filter(home, institution__path__startswith=held.path)))
        if held.path.count("/") == 2:
            scope |= Q(kept_by=None, region=None)
    return scope


def _institutions_under(held: Held) -> QuerySet[Any, int]:
    return Institution.objects.filter(path__startswith=held.path).values_list("pk", flat=True)


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """A resident as a list shows her: no number that is not masked."""

    code: str
    name: str
    sex: str
    birth_date: Any
    region: str
    address: str
    identifier: str
    phone: str


_SEARCH_LIMIT: Final = 50
FULL_NAME_ROLES: Final = frozenset(Role) - {Role.RESIDENT, Role.DEVICE, Role.GATE_KEEPER}


def search_people(
    viewer: Viewer, text: str, *, to: Purpose, at: datetime, limit: int = 20, action: str = "person.search"
) -> list[ShownPerson]:
    """Residents in scope by public code, document number, phone, name, or the pinyin of a name.

    At most ``limit`` (50). The question is traced as a hash with how many it found.
    """
    text = text.strip()
    if not 0 < len(text) <= 100 or "\x00" in text:
        raise Refused(BAD_INPUT, field="q", detail="q")
    wanted, kind = _wanted(text)
    scope = people_in_scope(viewer, to=to, at=at)
    found = list(
        scope.filter(wanted).select_related("region").order_by("name_pinyin", "pk")[: max(1, min(limit, _SEARCH_LIMIT))]
    )
    facts = {"asked": query_hash(text), "kind": kind, "found": len(found)}
    record(_look(viewer, action, at, to=to, facts=facts))
    return shown_people(viewer, found)


def _wanted(text: str) -> tuple[Q, str]:
    """What a search text is taken for: a code, a phone, a document number, a name or its pinyin."""
    if code := read_code(text, "R"):
        return Q(public_code=code), "code"
    digits = sum(symbol.isdigit() for symbol in text)
    if digits >= 5:
        numbers = IdentifierDirectory.objects.filter(blind=blind_of(IdentifierKind.RESIDENT_ID, text))
        wanted = Q(pk__in=numbers.values("person_id"))
        if phone := normalise_phone(text):
            wanted |= Q(pk__in=Phone.objects.filter(blind=phone_blind(phone), ended_at=None).values("person_id"))
        return wanted, "number"
    if text.isascii():
        spelled = text.lower().replace(" ", "").replace("'", "")
        return Q(name_pinyin__startswith=spelled) | Q(name_initials__startswith=spelled), "pinyin"
    return Q(name__startswith=text), "name"


def shown_people(viewer: Viewer, people: Sequence[Person]) -> list[ShownPerson]:
    """People as a list shows them to this viewer: two queries however many there are."""
    numbers = [person.pk for person in people]
    identifiers: dict[int, str] = {}
    for row in Identifier.objects.filter(person_id__in=numbers, ended_at=None).order_by("-kind", "id"):
        identifiers[row.person_id] = row.shown
    phones: dict[int, str] = {}
    for each in Phone.objects.filter(person_id__in=numbers, ended_at=None).order_by("-recorded_at"):
        phones.setdefault(each.person_id, each.shown)
    full = bool(viewer.roles & FULL_NAME_ROLES)
    return [
        ShownPerson(
            code=person.public_code,
            name=person.name if full else mask_name(person.name),
            sex=person.sex,
            birth_date=person.birth_date if full else None,
            region=person.region.name if person.region is not None else "",
            address=person.address if full else "",
            identifier=identifiers.get(person.pk, ""),
            phone=phones.get(person.pk, ""),
        )
        for person in people
    ]


def mask_name(name: str) -> str:
    """张三 as 张*, 欧阳修 as 欧**: the first character stays, the rest are counted."""
    return name[:1] + "*" * (len(name) - 1)


def open_list(viewer: Viewer, *, to: Purpose, at: datetime, action: str, reason: str = "") -> QuerySet[Person]:
    """The residents in scope, for a list or an export that says why; traced before the first row is read.

    ``action`` is "people.list" or "people.export"; an export's operation is declared with ``step_up``.
    """
    if action.endswith(".export") and not reason.strip():
        raise Refused(BAD_INPUT, field="reason", detail="reason")
    record(_look(viewer, action, at, to=to, reason=reason[:200]))
    return people_in_scope(viewer, to=to, at=at)


# What is sealed


@dataclass(frozen=True, slots=True)
class Revealed:
    """A sealed number in clear, to be shown no longer than ``until``."""

    number: str
    until: datetime


def reveal(viewer: Viewer, who: str | int, *, what: str, row_id: int, to: Purpose, at: datetime) -> Revealed:
    """A document number (``what="identifier"``) or a phone (``"phone"``) in clear, for some seconds; traced.

    Its operation is declared with ``step_up``. The person's own door is passed first.
    """
    opened = access_person(viewer, who, to=to, at=at, action=f"person.reveal_{what}", right=Right.CODE)
    row: Identifier | Phone | None = None
    if what == "identifier":
        row = Identifier.objects.filter(person_id=opened.person.pk, id=row_id).first()
    elif what == "phone":
        row = Phone.objects.filter(person_id=opened.person.pk, id=row_id).first()
    if row is None:
        raise Refused(NOT_FOUND)
    number = open_number(row.sealed) if isinstance(row, Identifier) else open_phone(row.sealed)
    return Revealed(number, at + timedelta(seconds=policy.number("reveal.seconds", at)))
