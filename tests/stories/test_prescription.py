"""One prescription from the hospital's system to the patient's hands: five roles, their own pages, a scan gun, her phone."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import zxingcpp
from django.test import Client
from PIL import Image
from playwright.sync_api import Page

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.cases.checks import check_trace
from kangqu.kernel.cases.models import Case
from kangqu.kernel.people.codes.keys import ensure_keys, forget_keys
from kangqu.kernel.trace.partitions import ensure_partitions
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import HerbLot, Weighing
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.browser import GUN
from tests.look_over import cookies_of
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.cast import pharmacy as pharmacy

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def signed_in(pharmacy: Pharmacy, account: Account) -> Client:
    if account.person_id is None:
        SecondFactor.objects.get_or_create(
            account=account, defaults={"secret_sealed": b"x", "confirmed_at": pharmacy.now}
        )
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=pharmacy.now).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


def staff(pharmacy: Pharmacy, name: str) -> Any:
    return cookies_of(signed_in(pharmacy, Account.objects.get(username=name)))


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
