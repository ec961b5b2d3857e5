"""The registration desk."""

from __future__ import annotations

import random
from datetime import date

import pytest

from kangqu.kernel.people.actions import NewResident
from kangqu.kernel.people.admitting import admit, known_as
from kangqu.kernel.people.models import Person, Review
from kangqu.kernel.people.papers import Paper, PhoneGiven
from kangqu.kernel.people.reads import open_reviews
from kangqu.kernel.people.refusals import DOCUMENT_TAKEN, KNOWN_ALREADY
from tests.conftest import NINE
from tests.people.conftest import DESK, LATER, resident_id
from tests.people.test_register import refusal_of

pytestmark = pytest.mark.django_db
BORN = date(1980, 3, 12)
NUMBER = resident_id(BORN, 12)


def come(rng=random.Random(9), *, key=None, anyway=False, at=NINE, **who):  # noqa: B008
    return admit(NewResident(**who), by=DESK, at=at, rng=rng, key=key, anyway=anyway)


def test_a_known_resident_is_not_registered_twice(regions):
    papers = [Paper(kind="01", number=NUMBER)]
    one = come(name="王芳", documents=papers)
    assert refusal_of(come, name="王芳", documents=papers).why is KNOWN_ALREADY
    assert refusal_of(come, name="王芳", documents=papers, anyway=True).why is DOCUMENT_TAKEN
    assert known_as(NewResident(name="王芳", documents=papers), at=NINE).person_id == one.pk
    assert Person.objects.count() == 1


def test_whoever_looks_alike_is_registered_and_proposed(regions):
    phones = [PhoneGiven(number="13800000001")]
    one = come(name="王小明", sex="2", birth_date=BORN, phones=phones, address="般阳路 1 号")
    two = come(name="王晓明", sex="2", birth_date=BORN, phones=phones, address="般阳路 1 号", anyway=True)
    assert [(pair.left.pk, pair.right.pk) for pair in open_reviews()] == [(one.pk, two.pk)]


def test_a_retry_is_not_proposed_as_its_own_double(regions):
    who = {"name": "王小明", "sex": "2", "birth_date": BORN, "phones": [PhoneGiven(number="13800000001")]}
    one = come(key="k", **who)
    assert come(key="k", at=LATER, **who) == one
    assert not Review.objects.exists()
