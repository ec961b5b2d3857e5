"""One prescription from the hospital's system to the patient's hands: five roles, their own pages, a scan gun, her phone."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import zxingcpp
from django.test import Client
from PIL import Image
from playwright.sync_api import Page

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.cases.checks import check_trace
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.models import Case
from kangqu.kernel.people.codes.keys import ensure_keys, forget_keys
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import HerbLot, Pot, Promise, Weighing
from kangqu.systems.tcm_pharmacy.promises.floor import HANDS, add_round, set_floor
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.browser import GUN
from tests.look_over import cookies_of
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.cast import pharmacy as pharmacy

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def signed_in(pharmacy: Pharmacy, account: Account, at: datetime | None = None) -> Client:
    """The browser of ``account``, who signed in at ``at``: now, unless a clock is wound on."""
    if account.person_id is None:
        SecondFactor.objects.get_or_create(
            account=account, defaults={"secret_sealed": b"x", "confirmed_at": pharmacy.now}
        )
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=at or pharmacy.now).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


def staff(pharmacy: Pharmacy, name: str, at: datetime | None = None) -> Any:
    return cookies_of(signed_in(pharmacy, Account.objects.get(username=name), at))


def drawer(pharmacy: Pharmacy, herb: str) -> HerbLot:
    return stock.receive_lot(
        pharmacy.centre.pk, herb=herb, number="A1", grams=Decimal(5_000), expires_on=date(2199, 1, 1),
        by=pharmacy.people["manager"], at=pharmacy.now,
    )  # fmt: skip


def gun(page: Page, text: str, says: str) -> None:
    """Scan, and read the large answer."""
    with page.expect_navigation():
        page.evaluate(GUN, text)
    answer = page.locator("[data-result]").inner_text()
    assert says in answer, answer


def scale(page: Page, text: str, says: str) -> None:
    """What a scale on the keyboard's line sends into the box, and the large answer."""
    with page.expect_navigation():
        page.keyboard.type(f"{text}\n")
    answer = page.locator("[data-result]").inner_text()
    assert says in answer, answer


class Clock:
    """The site's clock, wound on by hand: nobody waits for a pot in a test."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def wait(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)


@pytest.fixture
def clock(pharmacy: Pharmacy, monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(pharmacy.now)
    monkeypatch.setattr("kangqu.web.middleware.system_clock", made)
    return made


def drawn(page: Page) -> None:
    """A name, drawn with a finger."""
    box = page.locator("#sign").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for n in range(12):
        page.mouse.move(box["x"] + 30 + n * 15, box["y"] + 40 + (n % 3) * 50)
    page.mouse.up()


def code_on_the_screen(page: Page) -> str:
    shot = page.locator(".qr").screenshot()
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(shot)).convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    return str(found.text)


def test_from_the_hospital_to_the_patient(open_page: Any, site: str, pharmacy: Pharmacy) -> None:
    forget_keys()
    for table in ("trace_entry", "people_code_use"):
        ensure_partitions(table, around=pharmacy.now - timedelta(days=2), ahead=4)
    ensure_keys(pharmacy.now - timedelta(days=1))
    lots = {herb: drawer(pharmacy, herb) for herb in ("黄芪", "当归", "甘草")}
    phone_client = signed_in(pharmacy, cast.resident_account(pharmacy.patient, at=pharmacy.now))
    phone_client.post("/h/card", follow=True)
    phone = cookies_of(phone_client)

    # The hospital's system sends it.
    order = pharmacy.order(decoct=False, delivery={"how": "fetch"})
    sent = pharmacy.send(order)
    assert sent.status_code == 201, sent.content
    code = sent.json()["case"]

    # A pharmacist reviews it at her desk.
    desk = open_page(f"/c/tcm/review/{code}", width=1440, cookies=staff(pharmacy, "pharmacist"))
    assert "王秀英" in desk.content() and "黄芪" in desk.content()
    with desk.expect_navigation():
        desk.keyboard.press("F8")
    assert Case.objects.get(code=code).state == "released"

    # A dispenser weighs it, by scans alone; a wrong drawer and a wrong weight are refused.
    scales = open_page("/c/tcm/line/dispense", width=1440, cookies=staff(pharmacy, "dispenser"))
    gun(scales, code, "请扫药斗")
    gun(scales, lots["甘草"].code, "处方里没有甘草")
    gun(scales, lots["黄芪"].code, "105 克")
    scale(scales, "150 G", "应称 99.75～110.25 克")
    scale(scales, "105.5 G", "黄芪已称好")
    gun(scales, lots["当归"].code, "70 克")
    scale(scales, "70 G", "全部称好")
    assert Weighing.objects.count() == 2

    # Another pharmacist checks it; it is packed and passed.
    check = open_page("/c/tcm/line/check", width=1440, cookies=staff(pharmacy, "second"))
    gun(check, code, "逐味核对")
    gun(check, "KQ-CONFIRM", "复核通过")
    pack = open_page("/c/tcm/line/pack", width=1440, cookies=staff(pharmacy, "dispenser"))
    gun(pack, code, "按剂分包")
    gun(pack, "KQ-CONFIRM", "已包装")
    passed = open_page("/c/tcm/line/release", width=1440, cookies=staff(pharmacy, "second"))
    gun(passed, code, "合格扫")
    gun(passed, "KQ-CONFIRM", "已放行")

    # The patient shows her code; the counter hands it to her, and to nobody else.
    counter = open_page("/c/tcm/line/hand_out", width=1440, cookies=staff(pharmacy, "dispenser"))
    gun(counter, code, "请扫取药人的健康码")
    gun(counter, "KQ-CONFIRM", "KQ-3213")
    her = open_page("/h/code", cookies=phone)
    gun(counter, code_on_the_screen(her), "已发药")

    # She sees it on her phone, the hospital by its number.
    her.goto(f"{site}/h/cases")
    assert "中药处方" in her.locator("main").inner_text()
    told = pharmacy.get("tcm/prescriptions/RX-1").json()
    assert told["state"] == "handed_out"
    assert [line["step"] for line in told["history"]] == [
        "open", "approve", "dispense", "check", "pack", "release_bags", "hand_out",
    ]  # fmt: skip
    assert list(check_trace()) == []


def floored(pharmacy: Pharmacy) -> Pot:
    """What the manager has said: always open, three hands everywhere, one pot, a courier every hour."""
    where, by, at = pharmacy.centre.pk, pharmacy.people["manager"], pharmacy.now
    hours = ((0, 1440),) * 7
    set_floor(where, hours=hours, hands=dict.fromkeys(HANDS, 3), takes_outside=True, by=by, at=at)
    for hour in range(24):
        add_round(
            where, name=f"{hour} 点班", weekdays="1234567", departs=hour * 60, parcels=50, reaches=[("370303", 40)], by=by, at=at
        )  # fmt: skip
    return stock.add_pot(where, name="1号机", grams=3_000, ml=8_000, by=by, at=at)


def test_from_the_hospital_to_the_door(open_page: Any, pharmacy: Pharmacy, clock: Clock) -> None:
    for table in ("trace_entry", "people_code_use"):
        ensure_partitions(table, around=pharmacy.now - timedelta(days=2), ahead=4)
    lots = {herb: drawer(pharmacy, herb) for herb in ("黄芪", "薄荷")}
    pot = floored(pharmacy)

    def sits_down(name: str, path: str, width: int = 1440) -> Page:
        page: Page = open_page(path, width=width, cookies=staff(pharmacy, name, clock.at))
        return page

    # The hospital's system sends it, signed, and names the doctor's account: it is to be boiled and brought.
    order = pharmacy.order(
        prescriber={"account": "doctor"},
        herbs=[
            {"name": "黄芪", "grams": 15, "handling": ["FIRST"]},
            {"name": "薄荷", "grams": 6, "handling": ["LATE"]},
        ],
        delivery={
            "how": "courier",
            "receiver": "王秀英",
            "phone": "13800000000",
            "address": "人民路1号",
            "district": "370303",
        },
    )
    sent = pharmacy.send(order)
    assert sent.status_code == 201, sent.content
    code = sent.json()["case"]

    # A pharmacist reviews it; the pharmacy promises when it will be at her door.
    desk = sits_down("pharmacist", f"/c/tcm/review/{code}")
    with desk.expect_navigation():
        desk.keyboard.press("F8")
    deliver_due(clock.at)
    promise = Promise.objects.get(case__code=code)
    assert promise.round_id is not None

    # A dispenser weighs it by scans, a second pharmacist checks it.
    scales = sits_down("dispenser", "/c/tcm/line/dispense")
    gun(scales, code, "请扫药斗")
    for herb, weight, says in (("黄芪", "105 G", "黄芪已称好"), ("薄荷", "42 G", "全部称好")):
        gun(scales, lots[herb].code, "请称量")
        scale(scales, weight, says)
    check = sits_down("second", "/c/tcm/line/check")
    gun(check, code, "逐味核对")
    gun(check, "KQ-CONFIRM", "复核通过")

    # A decoction worker soaks it and boils it: what is boiled first, the rest, the last herbs, a second time. Too soon is refused.
    tub = sits_down("decocter", "/c/tcm/line/soak")
    gun(tub, code, "至少 30 分钟")
    clock.wait(28)
    stove = sits_down("decocter", "/c/tcm/line/boil")
    gun(stove, code, "请扫锅上的条码")
    gun(stove, pot.code, "2 分钟")
    clock.wait(3)
    stove = sits_down("decocter", "/c/tcm/line/boil")
    gun(stove, code, "请扫锅上的条码")
    gun(stove, pot.code, "先煎药已入锅，煎 15 分钟")
    wall = sits_down("manager", "/c/tcm/board")
    assert "先煎中" in wall.locator("#board").inner_text() and "王秀英" not in wall.content()
    for minutes, says in ((10 + 15, "其余药已加入"), (11, "后下药已加入"), (9, "开始二煎"), (14, "已出药液")):
        clock.wait(minutes)
        stove = sits_down("decocter", "/c/tcm/line/boil")
        gun(stove, pot.code, says)

    # It is packed and passed; the courier takes it along, and it is signed for at the door.
    pack = sits_down("decocter", "/c/tcm/line/pack")
    gun(pack, code, "实际袋数")
    scale(pack, "14", "14 袋，已包装")
    passed = sits_down("second", "/c/tcm/line/release")
    gun(passed, code, "合格扫")
    gun(passed, "KQ-CONFIRM", "已放行")
    courier = sits_down("courier", "/c/tcm/line/courier", width=390)
    gun(courier, code, "已装车")
    clock.wait(25)
    courier = sits_down("courier", "/c/tcm/line/courier", width=390)
    gun(courier, code, "请收药人签名")
    drawn(courier)
    with courier.expect_navigation():
        courier.click("button:has-text('签收')")
    assert "已签收" in courier.locator("[data-result]").inner_text()

    # Her messages lead her to what became of it; she rates it.
    deliver_due(clock.at)
    account = cast.resident_account(pharmacy.patient, at=pharmacy.now)
    phone = open_page("/h/messages", cookies=cookies_of(signed_in(pharmacy, account, clock.at)))
    with phone.expect_navigation():
        phone.locator(f"a[href='/h/tcm/{code}']").first.click()
    told = phone.locator("main").inner_text()
    for says in (
        "已送到",
        "泡了 31 分钟",
        "先煎的药先煮了 15 分钟",
        "头煎 20 分钟",
        "后下的药煮了 9 分钟",
        "二煎 14 分钟",
        "手写签名",
    ):
        assert says in told, says
    with phone.expect_navigation():
        phone.click("text=评一评这次的药")
    phone.click("text=4 星，满意")
    phone.click("text=准时")
    phone.fill("textarea", "谢谢𠮷")
    with phone.expect_navigation():
        phone.click("button:has-text('提交评价')")
    assert "4 星，满意" in phone.locator("main").inner_text()

    # Her doctor sees how it fared; so does who supervises.
    doctor = sits_down("doctor", "/c/tcm/mine")
    row = doctor.locator("tbody").inner_text()
    assert "4 星，满意" in row and "谢谢𠮷" in row and "已送达" in row
    manager = sits_down("manager", "/c/tcm/overview")
    assert "4 星，满意" in manager.locator("main").inner_text()
    assert list(check_trace()) == []
