"""Households, guardians and family accounts."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import NOT_FOUND
from kangqu.kernel.people.actions import NewResident, record_death, register_person, undo_death
from kangqu.kernel.people.families import (
    ConsentBy,
    appoint_guardian,
    change_head,
    form_household,
    grant_proxy,
    join_household,
    leave_household,
    revoke_proxy,
)
from kangqu.kernel.people.merging import merge
from kangqu.kernel.people.models import Household, HouseholdMember, Proxy
from kangqu.kernel.people.reads import (
    acts_for,
    agents_of,
    consents_for_herself,
    household_of,
    members_of,
    proxy_between,
)
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
from kangqu.kernel.trace.models import TraceEntry
from tests.conftest import NINE
from tests.people.conftest import DESK, LATER
from tests.people.test_register import refusal_of, together

pytestmark = pytest.mark.django_db


@pytest.fixture
def mother(register):
    return register("王芳", "1950-03-12")


@pytest.fixture
def daughter(register):
    return register("李小禾", "1980-05-01")


def grant(person, agent, *, at=NINE, **more):
    asked = {"relation": "子女", "rights": ["code", "book"], "consent": ConsentBy.DESK, **more}
    return grant_proxy(person.pk, agent.pk, by=DESK, at=at, **asked)


def test_a_daughter_holds_her_mothers_code(mother, daughter):
    row = grant(mother, daughter)
    assert row.ends_at == datetime(2027, 11, 24, 0, 0, tzinfo=CITY)  # a year, to the end of the day
    assert row.rights == ["book", "code"]
    assert [each.id for each in agents_of(mother, LATER)] == [each.id for each in acts_for(daughter, LATER)] == [row.id]
    assert proxy_between(mother, daughter, LATER) == row
    assert proxy_between(daughter, mother, LATER) is None
    assert agents_of(mother, row.ends_at) == []
    told = TraceEntry.objects.filter(action="people.grant_proxy").values_list("person_id", flat=True)
    assert set(told) == {mother.pk, daughter.pk}


def test_granting_again_changes_nothing_or_replaces(mother, daughter):
    row = grant(mother, daughter)
    assert grant(mother, daughter).id == row.id
    wider = grant(mother, daughter, rights=["code", "book", "reports"], until=date(2026, 12, 1), at=LATER)
    assert wider.id != row.id and [each.id for each in agents_of(mother, LATER)] == [wider.id]


def test_either_side_ends_it_at_once(mother, daughter, register):
    row = grant(mother, daughter)
    stranger = register("赵四", "1970-01-01")
    assert refusal_of(revoke_proxy, mother.pk, row.id, by=DESK, at=LATER, by_person_id=stranger.pk).why is NOT_FOUND
    ended = revoke_proxy(mother.pk, row.id, by=DESK, at=LATER, by_person_id=daughter.pk)
    assert ended.revoked_at == LATER and agents_of(mother, LATER) == []
    assert revoke_proxy(mother.pk, row.id, by=DESK, at=LATER + timedelta(days=1)).revoked_at == LATER
    assert refusal_of(revoke_proxy, mother.pk, 10**30, by=DESK, at=LATER).why is NOT_FOUND
    entry = TraceEntry.objects.filter(action="people.revoke_proxy", person_id=mother.pk).get()
    assert bytes(entry.before_hash or b"") != bytes(entry.after_hash or b"")
    again = grant(mother, daughter, at=LATER)
    assert refusal_of(revoke_proxy, mother.pk, again.id, by=DESK, at=again.ends_at).why is PROXY_GONE


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"rights": []}, PROXY_RIGHTS),
        ({"rights": ["x" * 30]}, PROXY_RIGHTS),
        ({"until": date(2026, 11, 22)}, PROXY_END),
        ({"until": date(2099, 1, 1)}, PROXY_END),
        ({"consent": ConsentBy.GUARDIAN}, PROXY_CONSENT),
        ({"consent": ConsentBy.PAPER}, PROXY_CONSENT),
        ({"consent": "nobody"}, PROXY_CONSENT),
    ],
)
def test_what_a_grant_needs(mother, daughter, more, why):
    assert refusal_of(grant, mother, daughter, **more).why is why
    assert not Proxy.objects.exists()


def test_a_village_desk_grants_on_signed_paper(mother, daughter):
    row = grant(mother, daughter, consent=ConsentBy.PAPER, evidence="纸质同意书 2026-0031")
    assert (row.consent, row.evidence, row.granted_by) == ("paper", "纸质同意书 2026-0031", 101)


def test_who_may_not_act(mother, daughter, register):
    child = register("李小满", "2015-06-01")
    assert refusal_of(grant, mother, mother).why is PROXY_SELF
    assert refusal_of(grant, mother, child).why is AGENT_MINOR
    assert refusal_of(grant, child, daughter).why is PROXY_MINOR
    record_death(daughter.pk, on=date(2026, 11, 22), by=DESK, at=NINE)
    assert refusal_of(grant, mother, daughter).why is PERSON_DECEASED
    other = register("李小河", "1980-05-01")
    merge(survivor_id=mother.pk, absorbed_id=other.pk, by=DESK, at=NINE, reason="试")
    assert refusal_of(grant, other, register("赵四", "1970-01-01")).why is PERSON_MERGED


def test_nobody_acts_for_the_dead_and_a_corrected_death_gives_it_back(mother, daughter):
    row = grant(mother, daughter)
    record_death(mother.pk, on=date(2026, 11, 22), by=DESK, at=NINE)
    assert agents_of(mother, LATER) == acts_for(daughter, LATER) == []
    undo_death(mother.pk, by=DESK, at=LATER, reason="误登")
    assert agents_of(mother, LATER) == [row]


def test_a_merged_mother_keeps_her_agents(mother, daughter, register):
    other = register("王方", "1950-03-12")
    row = grant(mother, daughter)
    merge(survivor_id=other.pk, absorbed_id=mother.pk, by=DESK, at=NINE, reason="同一人")
    assert agents_of(other, LATER) == [row] and proxy_between(other, daughter, LATER) == row


def test_at_most_five_agents(mother, register):
    agents = [register(f"家人{letter}", "1980-01-01") for letter in "甲乙丙丁戊己"]
    rows = [grant(mother, agent) for agent in agents[:5]]
    assert refusal_of(grant, mother, agents[5]).why is PROXY_LIMIT
    revoke_proxy(mother.pk, rows[0].id, by=DESK, at=NINE)
    grant(mother, agents[5])
    expired = rows[1].ends_at + timedelta(days=1)
    assert grant(mother, agents[0], at=expired)  # those that ran out do not count


@pytest.mark.django_db(transaction=True)
def test_six_agents_at_once():
    rng = random.Random(5)
    people = [
        register_person(NewResident(name=f"人{letter}", birth_date=date(1950, 1, 1)), by=DESK, at=NINE, rng=rng)
        for letter in "甲乙丙丁戊己庚辛"
    ]
    together(lambda place: grant(people[0], people[place + 1]), expect=PROXY_LIMIT, count=7)
    assert Proxy.objects.filter(person_id=people[0].pk, revoked_at=None).count() == 5


def test_a_guardian_acts_until_the_minor_comes_of_age(daughter, register):
    child = register("李小满", "2012-02-29")
    asked: Any = {"relation": "父母", "rights": ["code"], "by": DESK, "at": NINE}
    assert refusal_of(appoint_guardian, child.pk, daughter.pk, evidence=" ", **asked).why is PROXY_CONSENT
    row = appoint_guardian(child.pk, daughter.pk, evidence="出生医学证明 P370000001", **asked)
    assert (row.kind, row.consent) == ("guardian", "guardian")
    assert row.ends_at == datetime(2030, 3, 1, 0, 0, tzinfo=CITY)
    assert refusal_of(appoint_guardian, daughter.pk, child.pk, evidence="x", **asked).why is AGENT_MINOR
    adult = register("赵四", "1970-01-01")
    assert refusal_of(appoint_guardian, adult.pk, daughter.pk, evidence="x", **asked).why is PROXY_ADULT
    unknown = register("无名", None)
    assert refusal_of(appoint_guardian, unknown.pk, daughter.pk, evidence="x", **asked).why is BIRTH_UNKNOWN
    assert not consents_for_herself(unknown, NINE)
    assert consents_for_herself(register("周岁", "2012-11-23"), NINE)
    assert not consents_for_herself(register("差一天", "2012-11-24"), NINE)


def test_a_household_from_forming_to_dissolving(mother, daughter, register):
    house = form_household(
        mother.pk, region="370302001", address="1 号", by=DESK, at=NINE, rng=random.Random(1), key="h"
    )
    again = form_household(
        mother.pk, region="370302001", address="1 号", by=DESK, at=NINE, rng=random.Random(2), key="h"
    )
    assert again.pk == house.pk and Household.objects.count() == 1
    join_household(daughter.pk, house.pk, relation="3", by=DESK, at=NINE)
    join_household(daughter.pk, house.pk, relation="3", by=DESK, at=NINE)
    assert [(member.person.pk, member.relation) for member in members_of(house.pk)] == [
        (mother.pk, "0"),
        (daughter.pk, "3"),
    ]
    stranger = register("赵四", "1970-01-01")
    other = form_household(stranger.pk, region=None, address="", by=DESK, at=NINE, rng=random.Random(3))
    assert refusal_of(join_household, daughter.pk, other.pk, relation="8", by=DESK, at=NINE).why is IN_A_HOUSEHOLD
    assert refusal_of(join_household, daughter.pk, house.pk, relation="0", by=DESK, at=NINE).why is RELATION_HEAD
    assert refusal_of(join_household, daughter.pk, house.pk, relation="z", by=DESK, at=NINE).why is VALUE_UNKNOWN
    assert refusal_of(change_head, house.pk, stranger.pk, former="5", by=DESK, at=NINE).why is NOT_A_MEMBER
    assert change_head(house.pk, daughter.pk, former="5", by=DESK, at=NINE).head_id == daughter.pk
    leave_household(daughter.pk, by=DESK, at=LATER)
    assert household_of(daughter) is None and Household.objects.get(pk=house.pk).head_id is None
    leave_household(mother.pk, by=DESK, at=LATER)
    assert Household.objects.get(pk=house.pk).dissolved_at == LATER
    assert refusal_of(leave_household, mother.pk, by=DESK, at=LATER).why is NOT_A_MEMBER
    assert refusal_of(join_household, mother.pk, house.pk, relation="8", by=DESK, at=LATER).why is HOUSEHOLD_GONE
    assert refusal_of(join_household, mother.pk, 10**30, relation="8", by=DESK, at=LATER).why is NOT_FOUND


@pytest.mark.django_db(transaction=True)
def test_two_households_at_once_take_one_person():
    rng = random.Random(6)
    head = register_person(NewResident(name="王芳"), by=DESK, at=NINE, rng=rng)
    together(
        lambda place: form_household(head.pk, region=None, address="", by=DESK, at=NINE, rng=random.Random(place)),
        expect=IN_A_HOUSEHOLD,
    )
    assert HouseholdMember.objects.filter(person_id=head.pk, to_on=None).count() == Household.objects.count() == 1


def test_a_relation_that_is_no_relation_is_refused(mother, daughter):
    for relation in ("女儿", "", "其他\x00", "朋友" * 10):
        refused = refusal_of(grant, mother, daughter, relation=relation)
        assert refused.why is VALUE_UNKNOWN
        assert refused.field == "relation"
