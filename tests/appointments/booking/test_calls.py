"""A hospital's system finds slots, books, holds, moves and cancels; another hospital's finds nothing of it; asked twice is once."""

from __future__ import annotations

import json
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client

from kangqu.kernel.access.models import Account, AccountKind, Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import KEY_NEEDED
from kangqu.kernel.capacity.models import Booking
from kangqu.kernel.places.models import Institution
from tests.access import cast
from tests.appointments.booking.conftest import DAY, NOW, Clinics

SCOPES = ("appointments.read", "appointments.write")


class System:
    """A connected system of an institution."""

    def __init__(self, where: Institution, *scopes: str) -> None:
        name = f"his{where.pk}{len(scopes)}"
        account = Account.objects.create(
            kind=AccountKind.SYSTEM, username=name, display_name=name, opened_at=NOW, password="!"
        )
        Grant.objects.create(account=account, role=Role.SYSTEM, institution=where, starts_at=NOW - timedelta(days=1))
        token = cast.token_of(account, *(scopes or SCOPES), until=NOW + timedelta(days=30))
        self.headers = {"authorization": f"Bearer {token}"}
        self.client = Client()

    def get(self, path: str) -> tuple[int, Any]:
        response = self.client.get(f"/api/v1/{path}", headers=self.headers)
        return response.status_code, response.json()

    def post(self, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        headers = self.headers | ({"idempotency-key": key} if key else {})
        data = body if isinstance(body, str) else json.dumps(body or {})
        response = self.client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)
        return response.status_code, response.json()


@pytest.fixture
def his(clinics: Clinics) -> System:
    clinics.present(clinics.family.daughter)
    clinics.present(clinics.family.mother)
    return System(clinics.place)


def test_slots_by_schedule_department_day_and_status(clinics: Clinics, his: System):
    session = clinics.open("bones")
    clinics.open("heart", day=DAY + timedelta(days=1))
    clinics.open("county")
    status, told = his.get("slots")
    assert status == 200 and len(told["items"]) == 4  # not the other hospital's
    first = told["items"][0]
    assert first["id"] == f"{session.code}.0900" and first["status"] == "free" and first["free"] == 2
    assert {each["department"] for each in his.get("slots?department=骨科")[1]["items"]} == {"骨科"}
    assert len(his.get(f"slots?day={DAY}&status=free")[1]["items"]) == 2
    assert his.get("slots?status=busy")[1]["items"] == []
    assert his.get("slots?day=2026-13-01")[0] == 422 and his.get("slots?limit=0")[0] == 422


def test_booked_once_however_often_it_is_sent(clinics: Clinics, his: System):
    session = clinics.open("bones")
    asked = {"patient": clinics.family.daughter.public_code, "slot": f"{session.code}.0930"}
    status, told = his.post("appointments", asked, "k1")
    assert status == 201 and told["status"] == "booked" and told["slot"] == asked["slot"]
    again, same = his.post("appointments", asked, "k1")
    assert again == 200 and same == told and clinics.left(session) == 3
    assert his.post("appointments", asked | {"slot": f"{session.code}.0900"}, "k1")[1]["code"] == "KQ-1006"
    other, refused = his.post("appointments", asked, "k2")
    assert other == 409 and refused["code"] == "KQ-1602"
    assert his.post("appointments", asked)[1]["code"] == KEY_NEEDED.code
    assert his.get(f"appointments/{told['id']}")[1] == told
    listed = his.get(f"appointments?day={DAY}")[1]["items"]
    assert [each["id"] for each in listed] == [told["id"]]


def test_held_confirmed_moved_cancelled(clinics: Clinics, his: System):
    session, later = clinics.open("bones"), clinics.open("bones", day=DAY + timedelta(days=1))
    asked = {"patient": clinics.family.daughter.public_code, "session": session.code, "status": "proposed"}
    _status, held = his.post("appointments", asked, "h")
    assert held["status"] == "proposed" and held["held_until"]
    for _ in range(2):
        assert his.post(f"appointments/{held['id']}/confirm")[1]["status"] == "booked"
    for _ in range(2):
        moved = his.post(f"appointments/{held['id']}/reschedule", {"slot": f"{later.code}.0930"})[1]
        assert moved["slot"] == f"{later.code}.0930" and moved["id"] == held["id"]
    for _ in range(2):
        gone = his.post(f"appointments/{held['id']}/cancel", {"reason": "病人来电 𠮷"})[1]
        assert gone["status"] == "cancelled" and gone["cancelation_reason"] == "病人来电 𠮷"
    assert his.post(f"appointments/{held['id']}/confirm")[0] == 409
    assert clinics.left(session) == 4 and clinics.left(later) == 4


def test_waits_for_a_full_session(clinics: Clinics, his: System):
    session = clinics.open("bones", {"citizen": 1}, ends=time(9, 30))
    clinics.booked(clinics.family.stranger, session)
    asked = {"patient": clinics.family.mother.public_code, "session": session.code}
    assert his.post("appointments", asked, "a")[1]["code"] == "KQ-1601"
    status, told = his.post("appointments", asked | {"status": "waitlist"}, "b")
    assert status == 201 and told["status"] == "waitlist" and told["slot"] is None


def test_another_institution_finds_nothing(clinics: Clinics, his: System):
    session = clinics.open("bones")
    mine = clinics.booked(clinics.family.daughter, session)
    clinics.present(clinics.family.daughter, clinics.other)
    elsewhere = System(clinics.other)
    for call, body in (
        ("", None),
        ("/confirm", {}),
        ("/cancel", {}),
        ("/reschedule", {"slot": f"{session.code}.0930"}),
    ):
        path = f"appointments/{mine.code}{call}"
        assert (elsewhere.get(path) if body is None else elsewhere.post(path, body))[0] == 404
    asked = {"patient": clinics.family.daughter.public_code, "session": session.code}
    assert elsewhere.post("appointments", asked, "x")[0] == 422
    assert elsewhere.get(f"appointments?day={DAY}")[1]["items"] == []
    mine.refresh_from_db()
    assert mine.status == "booked"


def test_a_patient_out_of_reach_and_a_token_without_the_scope(clinics: Clinics, his: System):
    session = clinics.open("bones")
    asked = {"patient": clinics.family.stranger.public_code, "session": session.code}
    assert his.post("appointments", asked, "s")[0] == 404
    reader = System(clinics.place, "appointments.read")
    status, refused = reader.post("appointments", asked | {"patient": clinics.family.daughter.public_code}, "s")
    assert status == 403 and refused["code"] == "KQ-1701"
    assert Client().get("/api/v1/slots").status_code == 401
    assert not Booking.objects.exists()


BAD = (
    "{", "[]", "{}", '{"patient": 1}', '{"patient": "R", "slot": "S.0900"}', '{"patient": "R\\u0000", "session": "S"}',
    '{"patient": "R", "session": "' + "S" * 3000 + '"}', '{"patient": "R", "session": "S", "status": "arrived"}',
    '{"patient": "R", "session": "S", "channel": "vip"}', '{"patient": "R", "session": "S", "x": NaN}',
)  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_bad_bodies_are_refused(clinics: Clinics, his: System, body: str):
    status, _told = his.post("appointments", body, "bad")
    assert 400 <= status < 500


@pytest.mark.parametrize("key", ["k" * 41, "键", "a\tb"])
def test_bad_keys_are_refused(clinics: Clinics, his: System, key: str):
    session = clinics.open("bones")
    asked = {"patient": clinics.family.daughter.public_code, "session": session.code}
    headers = his.headers | {"idempotency-key": key}
    where = "/api/v1/appointments"
    response = his.client.post(where, json.dumps(asked), content_type="application/json", headers=headers)
    assert 400 <= response.status_code < 500 and not Booking.objects.exists()
