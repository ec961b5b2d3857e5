"""The keeper's day: a clinic opened, its roster tried and saved, a day closed, through pages and API; and nobody else's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, Grant, SecondFactor
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.capacity.models import Schedule, Session
from kangqu.kernel.places.models import Department, Institution
from tests.access import cast
from tests.citizen.conftest import signed_in

pytestmark = pytest.mark.django_db


class Hospital:
    def __init__(self) -> None:
        self.now = timezone.now()
        self.place = self.hospital("市中心医院")
        self.department = Department.objects.create(institution=self.place, name="骨科")

    def hospital(self, name: str) -> Institution:
        return cast.institution(name, "hospital", cast.region("3703", "淄博市"))

    def client(self, role: Role, place: Institution | None = None) -> Client:
        account = cast.staff(f"{role}{Account.objects.count()}", role, place or self.place, at=self.now)
        SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=self.now)
        return signed_in(account, self.now)

    def system(self, place: Institution | None = None) -> Client:
        account = Account.objects.create(kind="system", username="his", display_name="HIS", opened_at=self.now)
        Grant.objects.create(
            account=account, role=Role.SYSTEM, institution=place or self.place, starts_at=self.now - timedelta(days=1)
        )
        token = cast.token_of(account, "appointments.rosters", "appointments.read", until=self.now + timedelta(hours=1))
        return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def hospital(db: None) -> Hospital:
    return Hospital()


def rows(*given: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "r-TOTAL_FORMS": len(given),
        "r-INITIAL_FORMS": 0,
        "r-MIN_NUM_FORMS": 0,
        "r-MAX_NUM_FORMS": 60,
    }
    for number, row in enumerate(given):
        told |= {f"r-{number}-{name}": value for name, value in row.items()}
    return told


EVERY_DAY = [
    {"weekday": day, "begins": "08:00", "ends": "09:00", "slot_minutes": 30, "citizen": 2, "onsite": 1}
    for day in range(1, 8)
]


def opened(hospital: Hospital, client: Client) -> Schedule:
    answer = client.post(
        "/c/clinics/new",
        {"department": hospital.department.pk, "title": "骨科普通门诊", "level": "general", "fee": "6.00"},
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return Schedule.objects.get(title="骨科普通门诊")


def test_a_keeper_opens_a_clinic_tries_its_roster_and_saves_it(hospital: Hospital) -> None:
    client = hospital.client(Role.INSTITUTION_MANAGER)
    clinic = opened(hospital, client)
    assert clinic.facts["fee_fen"] == 600
    where = f"/c/clinics/{clinic.code}"
    tried = client.post(where, {**rows(*EVERY_DAY), "version": 0, "try": "1"})
    assert tried.status_code == 200
    assert "保存以后会这样" in tried.content.decode()
    assert not Session.objects.exists()
    assert client.post(where, {**rows(*EVERY_DAY), "version": 0}).status_code == 302
    made = Session.objects.count()
    assert made >= 5
    stale = client.post(where, {**rows(), "version": 0})
    assert stale.status_code == 422
    assert Session.objects.count() == made
    page = client.get(where).content.decode()
    assert "0 / 6" in page
    day = Session.objects.latest("starts_at").day
    closed = client.post(f"{where}/day", {"day": day.isoformat(), "how": "closed", "why": "会议", "version": 1})
    assert closed.status_code == 302
    assert Session.objects.count() == made - 1
    monday = city_day(hospital.now) - timedelta(days=city_day(hospital.now).isoweekday() - 1)
    assert client.post(f"{where}/copy", {"monday": monday.isoformat(), "weeks": 2, "version": 2}).status_code == 302
    assert client.post(f"{where}/end").status_code == 302
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "row",
    [
        {"weekday": 9}, {"begins": "25:00"}, {"ends": ""}, {"slot_minutes": 31}, {"citizen": 51}, {"citizen": -1}, {"citizen": 10**30},
        {"citizen": "", "onsite": ""}, {"ends": "07:00"}, {"since": "0000"}, {"until": "1999-01-01"}, {"weekday": "\x00"},
    ],
)  # fmt: skip
def test_a_wrong_row_is_told_and_nothing_kept(hospital: Hospital, row: dict[str, Any]) -> None:
    client = hospital.client(Role.REGISTRAR)
    clinic = opened(hospital, client)
    answer = client.post(f"/c/clinics/{clinic.code}", {**rows({**EVERY_DAY[0], **row}), "version": 0})
    assert answer.status_code == 422
    assert not Session.objects.exists()


@pytest.mark.parametrize("version", ["", "x", "9" * 30, "-1"])
def test_a_wrong_version_is_no_error_of_ours(hospital: Hospital, version: str) -> None:
    client = hospital.client(Role.REGISTRAR)
    clinic = opened(hospital, client)
    assert client.post(f"/c/clinics/{clinic.code}", {**rows(), "version": version}).status_code in (400, 422)


def test_others_keep_their_own(hospital: Hospital) -> None:
    clinic = opened(hospital, hospital.client(Role.INSTITUTION_MANAGER))
    other = hospital.client(Role.INSTITUTION_MANAGER, hospital.hospital("别的医院"))
    assert other.get(f"/c/clinics/{clinic.code}").status_code == 404
    assert clinic.code not in other.get("/c/clinics").content.decode()
    doctor = hospital.client(Role.DOCTOR)
    assert doctor.get(f"/c/clinics/{clinic.code}").status_code == 403
    assert doctor.get("/c/clinics").status_code == 200
    assert Client().get("/c/clinics").status_code == 302


def test_a_hospitals_system_does_the_same(hospital: Hospital) -> None:
    system, kind = hospital.system(), {"content_type": "application/json"}

    def sent(method: str, path: str, body: Any) -> Any:
        return getattr(system, method)(f"/api/v1{path}", json.dumps(body), **kind)

    made = sent(
        "post",
        "/schedules",
        {"department": "骨科", "title": "骨科专家", "level": "expert", "doctor": "王", "fee_fen": 2500},
    )
    assert made.status_code == 201, made.content
    code = made.json()["id"]
    row = {
        "weekday": 1,
        "begins": "08:00",
        "ends": "12:00",
        "slot_minutes": 15,
        "quotas": {"citizen": 1, "referral": 1},
    }
    done = sent(
        "put", f"/schedules/{code}/roster", {"version": 0, "rows": [{**row, "weekday": day} for day in range(1, 8)]}
    )
    assert done.status_code == 200, done.content
    assert done.json()["made"] >= 5
    assert sent("put", f"/schedules/{code}/roster", {"version": 0, "rows": []}).status_code == 409
    day = Session.objects.latest("starts_at").day.isoformat()
    assert sent("put", f"/schedules/{code}/days/{day}", {"version": 1, "reason": "会"}).json()["gone"] == 1
    assert sent("put", f"/schedules/{code}/days/{day}", {"version": 2, "as_usual": True}).json()["made"] == 1
    (told,) = system.get("/api/v1/schedules").json()["items"]
    assert (told["title"], told["version"], len(told["rows"])) == ("骨科专家", 3, 7)
    for wrong in (
        {"department": "没有", "title": "x"}, {"title": "x"}, {"department": "骨科", "title": "x", "fee_fen": -1},
        {"department": "骨科", "title": chr(0)},
    ):  # fmt: skip
        assert sent("post", "/schedules", wrong).status_code == 422
