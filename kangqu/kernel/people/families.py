"""Households, guardians of minors, and family accounts (亲情账户).

A family account lets one resident act for another by her consent, for named rights and until a day. Only a guardian
acts for a minor. Whatever the desk, the row of the person acted for is locked first, so that the count of agents holds.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import transaction
from django.db.models import Model

from kangqu.kernel.basis.clock import age_on, city_day, day_ends
from kangqu.kernel.basis.ids import Random, new_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.kinship import Kin
from kangqu.kernel.people.models import Household, HouseholdMember, Person, PersonStatus, Proxy, ProxyKind, Relation
from kangqu.kernel.people.refusals import (
    AGENT_MINOR,
    BIRTH_UNKNOWN,
    HOUSEHOLD_GONE,
    IN_A_HOUSEHOLD,
    NOT_A_MEMBER,
    PERSON_DECEASED,
    PERSON_MERGED,
    PROXY_ADULT,
    PROXY_CONSENT,
    PROXY_END,
    PROXY_GONE,
    PROXY_LIMIT,
    PROXY_MINOR,
    PROXY_RIGHTS,
    PROXY_SELF,
    RELATION_HEAD,
    VALUE_UNKNOWN,
)
from kangqu.kernel.people.register import (
    LARGEST_ID,
    bounded,
    done_before,
    known_region,
    lock_people,
    lock_person,
    policies,
    row_state,
    tell,
)
from kangqu.kernel.trace.actor import Actor

HOUSEHOLD_LETTER: Final = "H"


class ConsentBy(StrEnum):
    """How the resident consented to a family account, or who answered for a minor."""

    PHONE = "phone"  # confirmed on the resident's own phone
    DESK = "desk"  # in person at a window, paper seen
    PAPER = "paper"  # a signed paper, photographed: ``evidence`` names it
    GUARDIAN = "guardian"  # a minor's guardian


def form_household(
    head_id: int,
    *,
    region: str | None,
    address: str,
    by: Actor,
    at: datetime,
    rng: Random,
    key: str | None = None,
) -> Household:
    """Form a household with its head as the first member."""
    where = {"region_id": known_region(region), "address": bounded(address, 200, "address")}
    with transaction.atomic():
        head = lock_person(head_id, living=True)
        household = Household(code=new_code(HOUSEHOLD_LETTER, rng), formed_at=at, head_id=head_id, **where)
        household.save(force_insert=True)
        asked = {"head": head_id, **where}
        first = done_before(key, verb="people.form_household", asked=asked, answer_id=household.pk, at=at)
        if first is not None:
            household.delete()
            return Household.objects.get(pk=first)
        row = _enter(head, household, Relation.HEAD, at)
        _told("people.form_household", head_id, household.pk, None, row, by=by, at=at)
        return household


def join_household(person_id: int, household_id: int, *, relation: str, by: Actor, at: datetime) -> HouseholdMember:
    """Enter a resident into a household. Joining the household one is in already changes nothing."""
    if relation not in Relation.values:
        raise Refused(VALUE_UNKNOWN, field="relation", value=relation[:10])
    if relation == Relation.HEAD:
        raise Refused(RELATION_HEAD, field="relation")
    with transaction.atomic():
        person = lock_person(person_id, living=True)
        household = _lock_household(household_id)
        row = _membership(person_id)
        if row is not None:
            if row.household_id == household_id and row.relation == relation:
                return row
            raise Refused(IN_A_HOUSEHOLD)
        row = _enter(person, household, relation, at)
        _told("people.join_household", person_id, household_id, None, row, by=by, at=at)
        return row


def leave_household(person_id: int, *, by: Actor, at: datetime) -> None:
    """Take a resident out of her household. The last one out dissolves it; a head who leaves it leaves it without one."""
    with transaction.atomic():
        lock_person(person_id)
        row = _membership(person_id)
        if row is None:
            raise Refused(NOT_A_MEMBER)
        household, before = _lock_household(row.household_id), copy(row)
        row.to_on = city_day(at)
        row.save(update_fields=["to_on"])
        if household.head_id == person_id:
            household.head_id = None
        if not HouseholdMember.objects.filter(household_id=household.pk, to_on=None).exists():
            household.dissolved_at = at
        household.save(update_fields=["head_id", "dissolved_at"])
        _told("people.leave_household", person_id, household.pk, before, row, by=by, at=at)


def change_head(household_id: int, head_id: int, *, former: str, by: Actor, at: datetime) -> Household:
    """Make a member the head of her household; ``former`` is the relation of the head until now to the new one."""
    if former not in Relation.values or former == Relation.HEAD:
        raise Refused(VALUE_UNKNOWN, field="former", value=former[:10])
    with transaction.atomic():
        lock_person(head_id, living=True)
        household = _lock_household(household_id)
        if household.head_id == head_id:
            return household
        before = copy(household)
        here = HouseholdMember.objects.filter(household_id=household_id, to_on=None)
        here.filter(relation=Relation.HEAD).update(relation=former)
        if here.filter(person_id=head_id).update(relation=Relation.HEAD) == 0:
            raise Refused(NOT_A_MEMBER)
        household.head_id = head_id
        household.save(update_fields=["head_id"])
        _told("people.change_head", head_id, household_id, before, household, by=by, at=at)
        return household


def _lock_household(household_id: int) -> Household:
    known = Household.objects.select_for_update().filter(pk=household_id) if 0 < household_id <= LARGEST_ID else None
    household = known.first() if known is not None else None
    if household is None:
        raise Refused(NOT_FOUND)
    if household.dissolved_at is not None:
        raise Refused(HOUSEHOLD_GONE)
    return household


def _membership(person_id: int) -> HouseholdMember | None:
    return HouseholdMember.objects.filter(person_id=person_id, to_on=None).first()


def _enter(person: Person, household: Household, relation: str, at: datetime) -> HouseholdMember:
    if _membership(person.pk) is not None:
        raise Refused(IN_A_HOUSEHOLD)
    return HouseholdMember.objects.create(
        person_id=person.pk, household_id=household.pk, relation=relation, from_on=city_day(at)
    )


def _told(
    action: str, person_id: int, household_id: int, before: Model | None, after: Model, *, by: Actor, at: datetime
) -> None:
    entry = by.did(action, at=at, person_id=person_id, object_type="household", object_id=household_id)
    tell(entry, before=row_state(before), after=row_state(after))


def appoint_guardian(
    minor_id: int,
    guardian_id: int,
    *,
    relation: str,
    rights: Collection[str],
    by: Actor,
    at: datetime,
    evidence: str,
) -> Proxy:
    """Let a guardian act for a minor until the minor comes of age. ``evidence``: the paper that shows it
    (birth certificate, household book, a court's decision)."""
    shown = bounded(evidence, 100, "evidence")
    if not shown:
        raise Refused(PROXY_CONSENT, field="evidence")
    with transaction.atomic():
        minor, _ = _pair(minor_id, guardian_id, at)
        comes_of_age = _comes_of_age(minor, at)
        if comes_of_age is None:
            raise Refused(PROXY_ADULT)
        return _grant(
            minor,
            guardian_id,
            kind=ProxyKind.GUARDIAN,
            relation=relation,
            rights=rights,
            consent=ConsentBy.GUARDIAN,
            evidence=shown,
            ends_at=comes_of_age,
            by=by,
            at=at,
        )


def grant_proxy(
    person_id: int,
    agent_id: int,
    *,
    relation: str,
    rights: Collection[str],
    consent: ConsentBy,
    by: Actor,
    at: datetime,
    until: date | None = None,
    evidence: str = "",
) -> Proxy:
    """Let ``agent`` act for an adult resident by the resident's own consent, until the end of the day ``until``.

    Without ``until``: for the default days of policy. Granting again to the same agent replaces rights and end.
    Consent on paper names its evidence. Nobody consents for an adult; only a guardian acts for a minor.
    """
    today = city_day(at)
    longest = policies().value("people.proxy.longest_days", on=today)
    last = until or today + timedelta(days=policies().value("people.proxy.days", on=today))
    if not today <= last <= today + timedelta(days=longest):
        raise Refused(PROXY_END, field="until", days=longest)
    shown = bounded(evidence, 100, "evidence")
    if consent not in (ConsentBy.PHONE, ConsentBy.DESK, ConsentBy.PAPER) or (consent == ConsentBy.PAPER and not shown):
        raise Refused(PROXY_CONSENT, field="consent")
    with transaction.atomic():
        person, _ = _pair(person_id, agent_id, at)
        if person.birth_date is not None and _comes_of_age(person, at) is not None:
            raise Refused(PROXY_MINOR)
        return _grant(
            person,
            agent_id,
            kind=ProxyKind.PROXY,
            relation=relation,
            rights=rights,
            consent=consent,
            evidence=shown,
            ends_at=day_ends(last),
            by=by,
            at=at,
        )


def _pair(person_id: int, agent_id: int, at: datetime) -> tuple[Person, Person]:
    """Both people, locked, living, speaking for themselves; the agent an adult."""
    if person_id == agent_id:
        raise Refused(PROXY_SELF)
    people = lock_people(person_id, agent_id)
    for person in people.values():
        if person.status == PersonStatus.MERGED:
            raise Refused(PERSON_MERGED)
        if person.status == PersonStatus.DECEASED:
            raise Refused(PERSON_DECEASED)
    agent = people[agent_id]
    age = policies().value("people.adult_age", on=city_day(at))
    if agent.birth_date is None or age_on(agent.birth_date, city_day(at)) < age:
        raise Refused(AGENT_MINOR, age=age)
    return people[person_id], agent


def _comes_of_age(person: Person, at: datetime) -> datetime | None:
    """The instant a minor comes of age; None for an adult."""
    if person.birth_date is None:
        raise Refused(BIRTH_UNKNOWN)
    today = city_day(at)
    age = policies().value("people.adult_age", on=today)
    if age_on(person.birth_date, today) >= age:
        return None
    born = person.birth_date
    day = (
        date(born.year + age, born.month, born.day)
        if (born.month, born.day) != (2, 29)
        else date(born.year + age, 3, 1)
    )
    return day_ends(day - timedelta(days=1))


def _grant(
    person: Person,
    agent_id: int,
    *,
    kind: ProxyKind,
    relation: str,
    rights: Collection[str],
    consent: ConsentBy,
    evidence: str,
    ends_at: datetime,
    by: Actor,
    at: datetime,
) -> Proxy:
    if (
        not rights
        or len(rights) > 20
        or not all(right.isascii() and right.islower() and len(right) <= 20 for right in rights)
    ):
        raise Refused(PROXY_RIGHTS, field="rights")
    if relation not in Kin:
        raise Refused(VALUE_UNKNOWN, field="relation", value=relation[:10])
    asked = {
        "kind": kind,
        "relation": str(relation),
        "rights": sorted(set(rights)),
        "consent": consent,
        "evidence": evidence,
        "ends_at": ends_at,
    }
    rows = Proxy.objects.filter(person_id=person.pk, revoked_at=None)
    rows.filter(ends_at__lte=at).update(revoked_at=at)  # what ran out is closed, and counts no more
    row = rows.filter(agent_id=agent_id).first()
    before = row_state(row)
    if row is not None:
        if all(getattr(row, name) == value for name, value in asked.items()):
            return row
        row.revoked_at, row.revoked_by = at, by.account_id
        row.save(update_fields=["revoked_at", "revoked_by"])
    limit = policies().value("people.proxy.agents", on=city_day(at))
    if rows.count() >= limit:
        raise Refused(PROXY_LIMIT, limit=limit)
    row = Proxy.objects.create(person_id=person.pk, agent_id=agent_id, starts_at=at, granted_by=by.account_id, **asked)
    facts = {"agent": agent_id, "rights": asked["rights"], "consent": str(consent), "ends_at": ends_at.isoformat()}
    _traced(f"people.grant_{kind.value}", row, before, by=by, at=at, facts=facts)
    return row


def revoke_proxy(person_id: int, proxy_id: int, *, by: Actor, at: datetime, by_person_id: int | None = None) -> Proxy:
    """End a grant at once. Either side may: the one acted for, or the agent; ``by_person_id`` says which of them asks,
    and somebody who is neither finds nothing. Done already is done."""
    with transaction.atomic():
        row = Proxy.objects.select_for_update().filter(person_id=person_id, id=min(proxy_id, LARGEST_ID)).first()
        if row is None or by_person_id not in (None, row.person_id, row.agent_id):
            raise Refused(NOT_FOUND)
        if row.revoked_at is not None:
            return row
        if row.ends_at <= at:
            raise Refused(PROXY_GONE)
        before = row_state(row)
        row.revoked_at, row.revoked_by = at, by.account_id
        row.save(update_fields=["revoked_at", "revoked_by"])
        _traced("people.revoke_proxy", row, before, by=by, at=at, facts={"agent": row.agent_id})
        return row


def _traced(
    action: str, row: Proxy, before: dict[str, Any] | None, *, by: Actor, at: datetime, facts: dict[str, object]
) -> None:
    """Both sides find it in their trace."""
    for person_id in (row.person_id, row.agent_id):
        entry = by.did(action, at=at, person_id=person_id, object_type="proxy", object_id=row.id, facts=facts)
        tell(entry, before=before, after=row_state(row))
