"""Without a mouse: three prescriptions reviewed one after the other, and one written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from kangqu.kernel.access.models import Account
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.people.models import Person
from kangqu.systems.tcm_pharmacy.models import Prescription
from tests.access import cast
from tests.look_over import cookies_of
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.desk.conftest import FEUDING, TOO_MUCH, Browser, received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


def test_three_prescriptions_are_reviewed_by_keyboard(
    pharmacy: Pharmacy, at_desk: Browser, open_page: OpenPage
) -> None:
    plain = received(pharmacy, "RX-PLAIN")
    strong = received(pharmacy, "RX-STRONG", herbs=TOO_MUCH)
    blocked = received(pharmacy, "RX-BLOCKED", herbs=FEUDING)
    page = open_page("/c/tcm/review", width=1440, cookies=cookies_of(at_desk("pharmacist")))
    page.keyboard.press("F8")
    page.wait_for_url(f"**/{blocked.code}")
    page.keyboard.press("F4")
    page.wait_for_url("**/return")
    assert page.locator("[name=ground]").input_value() == "incompatible"
    page.keyboard.press("F8")
    page.wait_for_url(f"**/{strong.code}")
    page.keyboard.press("F8")
    expect(page.locator("#errors")).to_be_focused()
    page.keyboard.press("F2")
    page.keyboard.type("病情需要，剂量已核对")
    page.keyboard.press("F8")
    page.wait_for_url(f"**/{plain.code}")
    page.keyboard.press("F8")
    page.wait_for_url("**/c/tcm/review")
    expect(page.locator("main")).to_contain_text("等另一名药师")
    now = [snapshot(case.id) for case in (plain, strong, blocked)]
    assert [each.state for each in now if each] == ["released", "second_signature", "returned"]


def test_a_prescription_is_written_by_keyboard(pharmacy: Pharmacy, at_desk: Browser, open_page: OpenPage) -> None:
    Person.objects.filter(pk=pharmacy.patient.pk).update(kept_by=pharmacy.hospital)
    cast.licensed(Account.objects.get(username="doctor"), at=pharmacy.now)
    where = f"/c/tcm/prescribe/{pharmacy.patient.public_code}"
    page = open_page(where, width=1440, cookies=cookies_of(at_desk("doctor")))
    page.locator("[name=herb]").first.focus()
    for typed, name, weight in (("fuzi", "附子", "10"), ("fbx", "法半夏", "9"), ("甘草", "甘草", "6")):
        page.keyboard.type(typed, delay=80)
        expect(page.locator("#herbs [aria-selected=true]")).to_contain_text(name)
        page.keyboard.press("Enter")
        page.keyboard.type(weight)
        page.keyboard.press("Enter")
    assert [page.locator("[name=herb]").nth(place).input_value() for place in range(3)] == ["附子", "法半夏", "甘草"]
    expect(page.locator("#review")).to_contain_text("附子反法半夏")
    page.locator("[name=department]").focus()
    with page.expect_response("**/check"):
        page.keyboard.insert_text("中医科")
        page.keyboard.press("Enter")
    assert Prescription.objects.count() == 0
    page.locator("#review [name=resigned]").first.focus()
    with page.expect_response("**/check"):
        page.keyboard.press("Space")
    page.keyboard.press("F8")
    expect(page.locator("main")).to_contain_text("走到哪里", timeout=10_000)
    kept = Prescription.objects.get()
    assert [each["written"] for each in kept.herbs] == ["附子", "法半夏", "甘草"]
    assert kept.details["resigned"]
