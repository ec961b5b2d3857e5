"""Loggers report over the API; pages and who may see them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.roles import Role
from kangqu.kernel.places.models import Institution
from kangqu.systems.vaccination.cold_chain.models import Excursion, Fridge, Reading
from kangqu.systems.vaccination.models import LotState, VaccineLot, VialStock
from tests.access import cast
from tests.vaccination.clinic.conftest import worker
from tests.vaccination.clinic.test_day import receive, words

pytestmark = pytest.mark.django_db
READINGS = "/api/v1/vaccination/fridge-readings"


def send(client: Client, *rows: Any) -> Any:
    body = json.dumps({"readings": list(rows)})
    return client.post(READINGS, body, content_type="application/json", headers={"Sec-Fetch-Site": "same-origin"})


def reading(celsius: Any, minutes: int = 0, device: str = "SN1") -> dict[str, Any]:
    return {"device": device, "time": (timezone.now() - timedelta(minutes=minutes)).isoformat(), "celsius": celsius}


def fridge_at(client: Client) -> Fridge:
    told = {"name": "冰箱1", "kind": "refrigerator", "device": "SN1"}
    assert client.post("/c/vaccination/fridges/new", told).status_code == 302
    assert client.post("/c/vaccination/fridges/new", told).status_code == 422, "once"
    return Fridge.objects.get()


def test_from_the_reading_to_the_list_of_people(nurse: Client, place: Institution) -> None:
    fridge = fridge_at(nurse)
    receive(nurse)
    answer = send(
        nurse, *(reading(9.5, minutes) for minutes in (40, 30, 20, 9)), reading(5, device="没有"), reading(1e300)
    )
    assert answer.status_code == 200, answer.content
    said = [row["status"] for row in answer.json()["items"]]
    assert said == ["recorded"] * 4 + ["refused"] * 2
    found = Excursion.objects.get()
    assert VialStock.objects.get().holds == 1
    page = words(nurse.get(f"/c/vaccination/excursions/{found.case_code}"))
    assert "温度偏高" in page and "H1" in page and "没有人用过" in page
    assert found.case_code in words(nurse.get("/c/vaccination/excursions"))
    chart = words(nurse.get(f"/c/vaccination/fridges/{fridge.pk}?span=week"))
    assert "<polyline" in chart and "9.5 ℃" in chart
    assert "暂停使用" in words(nurse.get("/c/vaccination/store"))
    cdc = worker(Role.CDC_OFFICER, place, "cdc")
    assert found.case_code in words(cdc.get("/c/vaccination/excursions"))
    far = worker(Role.NURSE, cast.institution("远处门诊", "community_centre", cast.region("3705", "东营市")), "far")
    assert found.case_code not in words(far.get("/c/vaccination/excursions"))
    for address in (
        f"excursions/{found.case_code}",
        f"fridges/{fridge.pk}",
        f"fridges/{fridge.pk}/reading",
        "excursions/K0",
    ):
        assert far.get(f"/c/vaccination/{address}").status_code in (403, 404), address
    assert [row["status"] for row in send(far, reading(5)).json()["items"]] == ["refused"], (
        "another institution's logger"
    )
    assert worker(Role.PHARMACIST, place, "p").get("/c/vaccination/fridges").status_code == 403
    assert Client().get("/c/vaccination/fridges").status_code == 302


@pytest.mark.parametrize(
    "rows", [[], [reading(5)] * 1001, "x", [None], [reading("x")], [reading(None)], [reading(True)], [{"device": "a\x00"}]]
)  # fmt: skip
def test_bad_bodies_are_refused(nurse: Client, rows: Any) -> None:
    answer = nurse.post(READINGS, json.dumps({"readings": rows}), content_type="application/json")
    assert answer.status_code in (200, 400, 422)
    if answer.status_code == 200:
        assert {row["status"] for row in answer.json()["items"]} == {"refused"}


def test_a_temperature_is_written_down_by_hand(nurse: Client) -> None:
    fridge = fridge_at(nurse)
    address = f"/c/vaccination/fridges/{fridge.pk}/reading"
    here = timezone.localtime() - timedelta(minutes=2)
    told = {"celsius": "4.4", "day": f"{here:%Y-%m-%d}", "time": f"{here:%H:%M}"}
    assert nurse.post(address, told).status_code == 302
    assert nurse.post(address, told).status_code == 302, "sent twice"
    assert Reading.objects.get().tenths == 44
    for bad in (
        {"celsius": "4.6"},
        {"celsius": "x"},
        {"celsius": "61"},
        {"celsius": "NaN"},
        {"day": "2099-01-01"},
        {"time": "25:00"},
    ):
        assert nurse.post(address, told | bad).status_code == 422, bad


def test_the_cdc_holds_and_frees_a_lot(nurse: Client, place: Institution) -> None:
    receive(nurse)
    lot = VaccineLot.objects.get()
    cdc = worker(Role.CDC_OFFICER, place, "cdc")
    address = f"/c/vaccination/lots/{lot.pk}"
    assert "H1" in words(cdc.get("/c/vaccination/lots?q=H")) and "H1" not in words(
        cdc.get("/c/vaccination/lots?q=Z\x00𠮷")
    )
    assert cdc.post(address, {"state": "held", "why": ""}).status_code == 422
    assert cdc.post(address, {"state": "held", "why": "抽检"}).status_code == 302
    lot.refresh_from_db()
    assert (lot.state, lot.state_why) == (LotState.HELD, "抽检")
    assert cdc.post(address, {"state": "ok", "why": "合格"}).status_code == 302
    assert nurse.get(address).status_code == 403
    assert cdc.get("/c/vaccination/lots/99999999999999999999").status_code == 404
