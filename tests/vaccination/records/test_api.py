"""Doses over the API: as a clinic's system sends them, many at once, again, wrong, for somebody else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.actions import NewResident, register_person
from kangqu.kernel.people.papers import Paper
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.vaccination.models import Dose, VialStock
from tests.access import cast
from tests.people.conftest import resident_id
from tests.vaccination.records.conftest import NO, VaccinationClinic

pytestmark = pytest.mark.django_db
DOSES = "/api/v1/vaccination/doses"
BORN = date(2012, 3, 1)
JSON = "application/json"
Send = Callable[..., Any]


def system_at(clinic: VaccinationClinic, at: datetime, *scopes: str, role: Role = Role.SYSTEM) -> Client:
    number = Account.objects.count()
    account = Account.objects.create(kind="system", username=f"sys{number}", display_name="系统", opened_at=at)
    Grant.objects.create(account=account, role=role, institution=clinic.place, starts_at=at - timedelta(days=1))
    token = cast.token_of(account, *scopes, until=at + timedelta(hours=1))
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def send(clinic: VaccinationClinic, now: datetime) -> Send:
    client = system_at(clinic, now, "vaccination.write")

    def call(*doses: dict[str, Any], body: Any = None) -> Any:
        return client.post(
            DOSES, json.dumps({"doses": doses} if body is None else body), content_type="application/json"
        )

    return call


def dose(clinic: VaccinationClinic, who: str, number: str, now: datetime, **more: object) -> dict[str, Any]:
    given = {"key": number, "resident": clinic.girl(who).public_code, "vaccine_code": "HPV2", "lot_number": "A"}
    return {**given, "occurrence": now.isoformat(), "pre_check": NO, **more}


def test_many_at_once_each_for_itself_and_again(clinic: VaccinationClinic, send: Send, now: datetime) -> None:
    batch = [
        dose(clinic, "一", "1", now),
        dose(clinic, "𠮷", "2", now, pre_check={**NO, "fever": True}),
        dose(clinic, "三", "3", now, lot_number="?"),
        {"key": "4"},
        dose(clinic, "五", "5", now, occurrence=None, given_on="2026-01-05", pre_check=None, place="外地"),
        "x",
    ]
    answer = send(*batch)
    assert answer.status_code == 200, answer.content
    items = answer.json()["items"]
    assert [(each["key"], each["status"], each["code"]) for each in items] == [
        ("1", "recorded", None), ("2", "refused", "KQ-3406"), ("3", "refused", "KQ-3408"), ("4", "refused", "KQ-1005"),
        ("5", "recorded", None), ("", "refused", "KQ-1005"),
    ]  # fmt: skip
    assert items[0]["dose_numbers"] == {"HPV": 1}
    again = send(*batch).json()["items"]
    assert [each["status"] for each in again] == ["repeated", "refused", "refused", "refused", "repeated", "refused"]
    assert again[0]["id"] == items[0]["id"]
    assert again[0]["dose_numbers"] == {"HPV": 1}
    assert Dose.objects.count() == 2


def test_by_document_and_name(clinic: VaccinationClinic, send: Send, now: datetime) -> None:
    clinic.girl("一")
    number = resident_id(BORN, 246)
    papers = [Paper(kind="01", number=number, verified=True)]
    new = NewResident(name="王小花", sex="2", birth_date=BORN, documents=papers)
    person = register_person(new, by=the_house(), at=now - timedelta(days=1), rng=random.Random(1))
    asked = dose(clinic, "一", "1", now, resident=None, id_number=number, name="王小花")
    assert send(asked).json()["items"][0]["status"] == "recorded"
    assert Dose.objects.get().person_id == person.pk
    other = dose(clinic, "一", "2", now, resident=None, id_number=number, name="李小花")
    assert send(other).json()["items"][0]["code"] == "KQ-3424", "another name: nobody is named"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"doses": []},
        {"doses": "x"},
        {"doses": [{}] * 501},
        {"doses": [], "more": 1},
        None,
        1,
    ],
)
def test_what_is_no_batch_is_refused(send: Send, body: Any) -> None:
    assert send(body={} if body is None else body).status_code in (400, 422)


@pytest.mark.parametrize(
    "more",
    [
        {"given_on": "2026-01-01"}, {"occurrence": None}, {"resident": None}, {"resident": "R0"}, {"resident": "x" * 100},
        {"id_number": "1"}, {"pre_check": {"x": True}}, {"pre_check": {"fever": 1}}, {"key": ""}, {"key": "好"}, {"key": "x" * 65},
        {"vaccine_code": 1}, {"occurrence": "2026-11-24T09:00:00"}, {"occurrence": 0}, {"more": 1},
        {"site": "x" * 10_000}, {"decided": "𠮷" * 201},
    ],
)  # fmt: skip
def test_a_wrong_item_is_refused_for_itself(
    clinic: VaccinationClinic, send: Send, now: datetime, more: dict[str, Any]
) -> None:
    answer = send(dose(clinic, "一", "1", now, **more), dose(clinic, "二", "2", now))
    assert answer.status_code == 200, answer.content
    assert [each["status"] for each in answer.json()["items"]] == ["refused", "recorded"]


def test_without_the_scope_or_from_elsewhere(clinic: VaccinationClinic, now: datetime) -> None:
    body = json.dumps({"doses": [dose(clinic, "一", "1", now)]})
    assert Client().post(DOSES, body, content_type=JSON).status_code == 401
    assert system_at(clinic, now, "vaccination.forecast").post(DOSES, body, content_type=JSON).status_code == 403
    other = VaccinationClinic(
        cast.institution("别的门诊", "health_centre", cast.region("3703", "淄博市")), clinic.nurse, clinic.doctor
    )
    told = system_at(other, now, "vaccination.write").post(DOSES, body, content_type=JSON).json()["items"]
    assert told[0]["code"] == "KQ-3411", "the lot is not in stock there"
    assert VialStock.objects.get().vials == 2


def test_struck_out_over_the_api_by_who_wrote_it(clinic: VaccinationClinic, send: Send, now: datetime) -> None:
    code = send(dose(clinic, "一", "1", now)).json()["items"][0]["id"]
    where, why = f"{DOSES}/{code}/strike", json.dumps({"reason": "录错"})
    mine = system_at(clinic, now, "vaccination.write")
    assert mine.post(where, "{}", content_type="application/json").status_code == 422
    assert mine.post(where, why, content_type="application/json").json()["status"] == "struck"
    assert mine.post(where, why, content_type="application/json").status_code == 409
    assert mine.post(f"{DOSES}/V0/strike", why, content_type="application/json").status_code == 404


def test_the_card_is_read_by_who_serves_her(clinic: VaccinationClinic, send: Send, now: datetime) -> None:
    send(dose(clinic, "一", "1", now))
    person = clinic.girl("一")
    reader = system_at(clinic, now, "vaccination.read", role=Role.PUBLIC_HEALTH_WORKER)
    assert system_at(clinic, now, "vaccination.read").get(DOSES, {"resident": person.public_code}).status_code == 403
    (told,) = reader.get(DOSES, {"resident": person.public_code}).json()["items"]
    assert (told["vaccine_code"], told["status"], told["lot_number"]) == ("HPV2", "completed", "A")
    assert {"programme": "national", "series": "HPV", "dose_number": 1}.items() <= told["protocol_applied"][1].items()
    assert TraceEntry.objects.filter(action="vaccination.look", person_id=person.pk).exists()
