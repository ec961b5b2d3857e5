"""A courier at the door: two scans, a finger in the box, one press."""

from __future__ import annotations

from typing import Any

import pytest

from kangqu.kernel.cases.models import Case, Document
from tests.browser import GUN
from tests.look_over import cookies_of
from tests.tcm_pharmacy.line.test_stations import Floor, ready
from tests.tcm_pharmacy.line.test_stations import floor as floor
from tests.tcm_pharmacy.store.test_store import browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_signed_for_at_the_door(open_page: Any, floor: Floor) -> None:
    delivery = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}
    case = ready(floor, delivery=delivery)
    page = open_page("/c/tcm/line/courier", cookies=cookies_of(browser(floor.pharmacy, "courier")))

    def gun(text: str) -> None:
        with page.expect_navigation():
            page.evaluate(GUN, text)

    gun(case.code)
    assert Case.objects.get(pk=case.id).state == "on_the_way"
    gun(case.code)
    with page.expect_navigation():
        page.click("button:has-text('签收')")  # nothing drawn yet
    assert "KQ-3261" in page.locator("[data-result]").inner_text()
    box = page.locator("#sign").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for n in range(12):
        page.mouse.move(box["x"] + 30 + n * 15, box["y"] + 40 + (n % 3) * 50)
    page.mouse.up()
    with page.expect_navigation():
        page.click("button:has-text('签收')")
    assert "已签收" in page.locator("[data-result]").inner_text()
    assert Case.objects.get(pk=case.id).state == "delivered"
    assert Document.objects.get().kind == "image/png"
