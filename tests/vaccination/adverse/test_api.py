"""An adverse event over the API: by the system of the clinic that gave the dose; bad input and strangers are refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.places.models import Institution
from kangqu.systems.vaccination.models import Dose
from tests.access import cast
from tests.vaccination.records.conftest import VaccinationClinic

pytestmark = pytest.mark.django_db


def caller(place: Institution, name: str) -> Any:
    at = timezone.now()
    account = Account.objects.create(kind="system", username=name, display_name=name, opened_at=at)
    Grant.objects.create(account=account, role=Role.SYSTEM, institution=place, starts_at=at - timedelta(days=1))
    token = cast.token_of(account, "vaccination.write", until=at + timedelta(hours=1))

    def call(code: str, body: Any) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        where = f"/api/v1/vaccination/doses/{code}/adverse-events"
        return Client().post(where, text, content_type="application/json", headers={"Authorization": f"Bearer {token}"})

    return call


def test_a_system_writes_an_event_down_once(clinic: VaccinationClinic) -> None:
    at = timezone.now()
    dose = Dose.objects.get(id=clinic.inject("𠮷一").id)
    Dose.objects.filter(id=dose.id).update(given_at=at - timedelta(hours=2), given_on=(at - timedelta(hours=2)).date())
    own, stranger = (
        caller(clinic.place, "own"),
        caller(cast.institution("外市", "hospital", cast.region("3701", "济南市"), clinic.place), "s"),
    )
    body = {"symptom": "rash", "severity": "mild", "onset_at": (at - timedelta(hours=1)).isoformat()}
    answer = own(dose.code, body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["window"], answer.json()["state"]) == ("W24H", "found")
    again = own(dose.code, body)
    assert (again.status_code, again.json()["case"]) == (200, answer.json()["case"])
    assert stranger(dose.code, body).status_code == 404
    assert own("V0000000000000", body).status_code == 404
    for wrong in (
        {},
        body | {"symptom": "?"},
        body | {"onset_at": "NaN"},
        body | {"severity": 1},
        body | {"onset_at": "2999-01-01T00:00:00Z"},
        "[",
        "null",
    ):
        assert 400 <= own(dose.code, wrong).status_code < 500, wrong
