"""A household at its phones: a mother and her daughter with accounts, a son at home, and somebody else's family."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account
from kangqu.kernel.people.actions import NewResident, register_person
from kangqu.kernel.people.codes.keys import ensure_keys, forget_keys
from kangqu.kernel.people.families import ConsentBy, appoint_guardian, form_household, grant_proxy, join_household
from kangqu.kernel.people.models import Person
from kangqu.kernel.people.papers import Paper
from kangqu.kernel.people.phones import phone_blind, seal_phone
from kangqu.kernel.trace.actor import the_house
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.people.conftest import resident_id

RNG = random.Random(20261122)


@dataclass
class Family:
    now: datetime
    mother: Person
    daughter: Person
    son: Person
    stranger: Person

    def client(self, person: Person) -> Client:
        """A browser signed in as a resident."""
        account = Account.objects.filter(person=person).first() or cast.resident_account(person, at=self.now)
        return signed_in(account, self.now)

    def grant(self, person: Person, agent: Person, *rights: str, until: date | None = None) -> None:
        grant_proxy(
            person.pk,
            agent.pk,
            relation="子女",
            rights=rights or ("code", "book"),
            consent=ConsentBy.DESK,
            until=until,
            by=the_house(),
            at=self.now - timedelta(hours=1),
        )

    def guard(self) -> None:
        appoint_guardian(
            self.son.pk,
            self.daughter.pk,
            relation="父母",
            rights=["code"],
            evidence="户口簿",
            by=the_house(),
            at=self.now - timedelta(hours=1),
        )


def signed_in(account: Account, at: datetime) -> Client:
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=at).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


def phone_of(person: Person, number: str, at: datetime) -> None:
    """The phone a resident signs in with (E.164)."""
    account = Account.objects.filter(person=person).first() or cast.resident_account(person, at=at)
    Account.objects.filter(pk=account.pk).update(phone_sealed=seal_phone(number), phone_blind=phone_blind(number))


@pytest.fixture
def family(db: None) -> Family:
    now = timezone.now()
    forget_keys()
    ensure_keys(now - timedelta(days=1))
    return Family(
        now,
        mother=_new("王秀兰", "2", date(1962, 3, 1), resident_id(date(1962, 3, 1), 124), now),
        daughter=_new("李小𠮷", "2", date(1990, 5, 2), resident_id(date(1990, 5, 2), 122), now),
        son=_new("李一诺", "1", date(2020, 6, 1), None, now),
        stranger=_new("赵刚", "1", date(1980, 1, 1), resident_id(date(1980, 1, 1), 121), now),
    )


def _new(name: str, sex: str, born: date, number: str | None, now: datetime) -> Person:
    papers = [Paper(kind="01", number=number, verified=True)] if number else []
    new = NewResident(name=name, sex=sex, birth_date=born, documents=papers)
    return register_person(new, by=the_house(), at=now - timedelta(days=30), rng=RNG)


def one_household(*people: Person, at: datetime) -> None:
    """The first is the head, the others her children."""
    head, *others = people
    home = form_household(head.pk, region=None, address="", by=the_house(), at=at, rng=RNG)
    for each in others:
        join_household(each.pk, home.pk, relation="2", by=the_house(), at=at)


def another(name: str, number: int, now: datetime) -> Person:
    """One more grown-up of the family."""
    return _new(name, "1", date(1985, 2, 3), resident_id(date(1985, 2, 3), 201 + 2 * number), now)
