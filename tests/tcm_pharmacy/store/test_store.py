"""The store room over pages and API: the manager's, machines', and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.systems.tcm_pharmacy.labels.model import BagLabel, ParcelLabel, PotLabel, ShelfLabel, TubLabel
from kangqu.systems.tcm_pharmacy.models import HerbLot, Pot, Reading
from kangqu.systems.tcm_pharmacy.store import printing
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy


def browser(pharmacy: Pharmacy, who: str) -> Any:
    from django.test import Client

    account = Account.objects.get(username=who)
    SecondFactor.objects.get_or_create(account=account, defaults={"secret_sealed": b"x", "confirmed_at": pharmacy.now})
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=pharmacy.now).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


LOT = {"herb": "黄芪", "number": "A1", "grams": "5000", "expires_on": "2199-01-01", "maker": "𠮷安药业"}


def test_a_manager_takes_in_a_lot_and_blocks_it(pharmacy: Pharmacy) -> None:
    client = browser(pharmacy, "manager")
    assert client.post("/c/tcm/store/lot", LOT).status_code == 302
    assert client.post("/c/tcm/store/lot", LOT).status_code == 302, "the same again changes nothing"
    other = client.post("/c/tcm/store/lot", {**LOT, "grams": "10"})
    assert other.status_code == 422 and "KQ-3232" in other.content.decode()
    unknown = client.post("/c/tcm/store/lot", {**LOT, "herb": "龙须凤爪"})
    assert "KQ-3233" in unknown.content.decode()
    lot = HerbLot.objects.get()
    assert "黄芪" in client.get("/c/tcm/store").content.decode()
    assert client.post(f"/c/tcm/store/block/{lot.code}", {"reason": "召回"}).status_code == 302
    assert HerbLot.objects.get().blocked_at is not None


@pytest.mark.parametrize("grams", ["0", "-1", "NaN", "1e9", "abc", "9" * 400])
def test_a_weight_that_is_none_is_refused(pharmacy: Pharmacy, grams: str) -> None:
    assert browser(pharmacy, "manager").post("/c/tcm/store/lot", {**LOT, "grams": grams}).status_code == 422
    assert not HerbLot.objects.exists()


def test_pots_fail_and_are_mended(pharmacy: Pharmacy) -> None:
    client = browser(pharmacy, "manager")
    client.post("/c/tcm/store/pot", {"name": "1号机", "grams": "2000", "ml": "8000"})
    pot = Pot.objects.get()
    client.post(f"/c/tcm/store/fail/{pot.code}", {"reason": "不热"})
    assert "故障" in client.get("/c/tcm/store").content.decode()
    client.post(f"/c/tcm/store/mend/{pot.code}", {"reason": "修好"})
    assert Pot.objects.get().failed_at is None
    for path in ("fail/P0000000000000", f"fly/{pot.code}", "block/L0000000000000"):
        assert client.post(f"/c/tcm/store/{path}", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("who", ["pharmacist", "dispenser", "courier", "doctor"])
def test_the_store_is_the_managers(pharmacy: Pharmacy, who: str) -> None:
    assert browser(pharmacy, who).get("/c/tcm/store").status_code == 403


def machine(pharmacy: Pharmacy) -> str:
    account = cast.staff("machines", Role.SYSTEM, pharmacy.centre, at=pharmacy.now)
    return cast.token_of(account, "tcm.machines", until=pharmacy.now + timedelta(days=1))


def pot_of(pharmacy: Pharmacy) -> Pot:
    browser(pharmacy, "manager").post("/c/tcm/store/pot", {"name": "1号机", "grams": "2000", "ml": "8000"})
    return Pot.objects.get(name="1号机")


def test_machines_report_each_instant_once(pharmacy: Pharmacy) -> None:
    pot, token = pot_of(pharmacy), machine(pharmacy)
    readings = [
        {"pot": pot.code, "at": (pharmacy.now - timedelta(minutes=n)).isoformat(), "celsius": 98.25} for n in range(5)
    ]
    told = pharmacy.post("tcm/readings", {"readings": readings}, token=token)
    assert told.json() == {"kept": 5, "repeated": 0}
    again = pharmacy.post("tcm/readings", {"readings": readings + readings[:1]}, token=token)
    assert again.json()["kept"] == 0 and Reading.objects.count() == 5


def test_readings_of_strange_pots_and_of_the_future_are_refused_whole(pharmacy: Pharmacy) -> None:
    pot, token = pot_of(pharmacy), machine(pharmacy)
    good = {"pot": pot.code, "at": pharmacy.now.isoformat(), "celsius": 98}
    late = {**good, "at": (pharmacy.now + timedelta(hours=1)).isoformat()}
    for bad, status in (
        ({**good, "pot": "P0000000000000"}, 404),
        (late, 422),
        ({**good, "celsius": 1000}, 422),
        ({**good, "at": "0001-01-01T00:00:00Z"}, 422),
    ):
        assert pharmacy.post("tcm/readings", {"readings": [good, bad]}, token=token).status_code == status
    assert not Reading.objects.exists()
    other = cast.staff("m2", Role.SYSTEM, pharmacy.elsewhere, at=pharmacy.now)
    stranger = cast.token_of(other, "tcm.machines", until=pharmacy.now + timedelta(days=1))
    assert pharmacy.post("tcm/readings", {"readings": [good]}, token=stranger).status_code == 404


def test_a_machine_says_that_it_is_out_of_order(pharmacy: Pharmacy) -> None:
    pot, token = pot_of(pharmacy), machine(pharmacy)
    for _ in range(2):
        told = pharmacy.post(f"tcm/pots/{pot.code}/state", {"state": "failed", "reason": "干烧"}, token=token)
        assert told.json()["state"] == "failed"
    assert pharmacy.post(f"tcm/pots/{pot.code}/state", {"state": "working"}, token=token).json()["state"] == "working"
    assert pharmacy.post("tcm/pots/P1/state", {"state": "failed"}, token=token).status_code == 404
    assert pharmacy.post(f"tcm/pots/{pot.code}/state", {"state": "tired"}, token=token).status_code == 422


def test_labels_say_what_is_kept(pharmacy: Pharmacy) -> None:
    herbs = [{"name": "阿胶", "grams": 6, "handling": ["MELT"]}, {"name": "黄芪", "grams": 15}]
    delivery = {"how": "courier", "receiver": "王𠮷", "phone": "13800000000", "address": "人民路1号"}
    told = pharmacy.send(pharmacy.order(herbs=herbs, delivery=delivery)).json()
    case = snapshot(pk_of(told["case"]))
    assert case is not None
    (tub,) = printing.of_prescription("tub", case, at=pharmacy.now)
    assert isinstance(tub, TubLabel) and (tub.herb_grams, tub.handling) == (147, ("烊化 阿胶",))
    bags = printing.of_prescription("bags", case, at=pharmacy.now)
    assert len(bags) == 14 and isinstance(bags[0], BagLabel) and bags[0].enclosed == (("阿胶", "烊化"),)
    (parcel,) = printing.of_prescription("parcel", case, at=pharmacy.now)
    assert isinstance(parcel, ParcelLabel) and parcel.masked and parcel.receiver == "王𠮷"
    pot = pot_of(pharmacy)
    assert isinstance(printing.of_thing("pot", pot.code, pharmacy.centre.pk)[0], PotLabel)
    browser(pharmacy, "manager").post("/c/tcm/store/lot", LOT)
    lot = HerbLot.objects.get()
    assert isinstance(printing.of_thing("lot", lot.code, pharmacy.centre.pk)[0], ShelfLabel)


def pk_of(code: str) -> int:
    return Case.objects.values_list("pk", flat=True).get(code=code)


def test_labels_are_for_those_who_may_see_the_prescription(pharmacy: Pharmacy) -> None:
    code = pharmacy.send(pharmacy.order()).json()["case"]
    here = browser(pharmacy, "dispenser").get(f"/c/tcm/labels/tub/{code}")
    assert here.status_code in (200, 409), "409 where the machine has no Chinese font"
    assert here.status_code == 200 or "KQ-3235" in here.content.decode()
    cast.staff("away", Role.DISPENSER, pharmacy.elsewhere, at=pharmacy.now)
    assert browser(pharmacy, "away").get(f"/c/tcm/labels/tub/{code}").status_code in (404, 409)
    assert browser(pharmacy, "doctor").get(f"/c/tcm/labels/tub/{code}").status_code == 403


def test_the_command_sheet_is_read_by_a_scanner(pharmacy: Pharmacy) -> None:
    assert "KQ-CLEAR" in browser(pharmacy, "dispenser").get("/c/tcm/labels/commands").content.decode()
    for each in printing.commands():
        picture = Image.new("L", (round(each["width"] * 8), 120), 255)
        for at, wide in each["bars"]:
            ImageDraw.Draw(picture).rectangle((at * 8, 0, (at + wide) * 8 - 1, 119), fill=0)
        assert [found.text for found in zxingcpp.read_barcodes(picture)] == [each["text"]]


def test_the_station_page_by_form_alone(pharmacy: Pharmacy) -> None:
    import re

    code = pharmacy.send(pharmacy.order()).json()["case"]
    client = browser(pharmacy, "dispenser")
    assert "调配" in client.get("/c/tcm/line").content.decode()
    wrong = client.post("/c/tcm/line/dispense", {"scan": code, "hand": ""})
    assert wrong.status_code == 422 and "待审方" in wrong.content.decode()
    from kangqu.kernel.cases.steps import take_step

    take_step(pk_of(code), "approve", by=pharmacy.people["pharmacist"], at=pharmacy.now)
    shown = client.post("/c/tcm/line/dispense", {"scan": code, "hand": ""}).content.decode()
    assert "王秀英" in shown and "105" in shown
    hand = re.search(r'name="hand" value="([^"]+)"', shown)
    assert hand is not None
    weight = client.post("/c/tcm/line/dispense", {"scan": "105", "hand": hand[1]})
    assert weight.status_code == 422 and "KQ-3216" in weight.content.decode() and "王秀英" in weight.content.decode()
    assert client.get("/c/tcm/line/boil").status_code == 404
    assert client.get("/c/tcm/line/fly").status_code == 404
    Case.objects.update(due_at=pharmacy.now - timedelta(hours=1))
    for path in ("/c/tcm/line", "/c/tcm/line/dispense"):
        assert "1 件超时" in client.get(path).content.decode()
