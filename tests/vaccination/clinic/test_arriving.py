"""A live code at the clinic's box opens its holder for the day; a forged one or one shown elsewhere a moment ago does not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from kangqu.kernel.access.models import Encounter
from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.codes.keys import ensure_keys, forget_keys, key_set
from kangqu.kernel.people.codes.models import Card
from kangqu.kernel.people.codes.reading import write_code
from kangqu.kernel.people.codes.signing import Use
from kangqu.kernel.people.models import Person
from tests.access import cast
from tests.vaccination.clinic.conftest import worker
from tests.vaccination.clinic.test_day import DESK, words

pytestmark = pytest.mark.django_db


def code_of(person: Person, at: datetime) -> str:
    ensure_keys(at - timedelta(minutes=5))
    forget_keys()
    key, signer = key_set(at).signing(Use.DYNAMIC, at)
    card, _ = Card.objects.get_or_create(
        handle=4711, defaults={"person_id": person.pk, "kind": "dynamic", "issued_at": at}
    )
    return write_code(key=key.number, signer=signer, handle=card.handle, issued_at=at.replace(microsecond=0))


def test_a_live_code_opens_its_holder_and_a_copy_elsewhere_nobody() -> None:
    city = cast.region("3703", "淄博市")
    above = cast.institution("市卫健委", "commission", city)
    here, there = (cast.institution(name, "community_centre", city, above) for name in ("甲门诊", "乙门诊"))
    at = timezone.now()
    guest = cast.resident("𠮷过客", at=at)
    Person.objects.filter(pk=guest.pk).update(birth_date=date(1990, 1, 1))
    nurse, other = worker(Role.NURSE, here, "n1"), worker(Role.NURSE, there, "n2")
    page = f"/c/vaccination/people/{guest.public_code}"
    code = code_of(guest, at)
    assert nurse.get(page).status_code == 404, "she lives elsewhere and has not come"
    assert nurse.post(DESK, {"q": code})["Location"] == page
    assert nurse.get(page).status_code == 200
    assert Encounter.objects.filter(person=guest, institution_id=here.pk).count() == 1
    assert nurse.post(DESK, {"q": code})["Location"] == page, "the same desk may scan twice"
    copied = other.post(DESK, {"q": code})
    assert copied.status_code == 422 and "别处" in words(copied)
    assert other.get(page).status_code == 404
    forged = code[:40] + ("A" if code[40] != "A" else "B") + code[41:]
    assert nurse.post(DESK, {"q": forged}).status_code == 422
    for hostile in ("\x00", "R" * 117, "𠮷" * 300, ""):
        assert nurse.post(DESK, {"q": hostile}).status_code in (200, 422)
