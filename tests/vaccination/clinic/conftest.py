"""A clinic of the place she lives in, its nurse at a browser, and a girl."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.web.serving import SESSION_KEY
from tests.access import cast


def browser(account: Account) -> Client:
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=timezone.now()).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


def worker(role: Role, place: Institution, name: str) -> Client:
    at = timezone.now()
    account = cast.staff(name, role, place, at=at)
    SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=at)
    return browser(account)


@pytest.fixture
def place() -> Institution:
    return cast.institution("张店接种门诊", "community_centre", cast.region("3703", "淄博市"), serves=True)


@pytest.fixture
def nurse(place: Institution) -> Client:
    return worker(Role.NURSE, place, "nurse")


@pytest.fixture
def girl(place: Institution) -> Person:
    person = cast.resident("𠮷小雨", at=timezone.now() - timedelta(days=1), kept_by=place)
    Person.objects.filter(pk=person.pk).update(birth_date=date(2012, 3, 1), sex="2")
    return person
