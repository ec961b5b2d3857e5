"""The board refreshes itself in place, and says so when it cannot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.browser import until
from tests.look_over import cookies_of
from tests.tcm_pharmacy.board.conftest import Promises, client_of
from tests.tcm_pharmacy.cast import Pharmacy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOWN = "() => !document.getElementById('board-off').hidden"


def test_it_refreshes_in_place_and_tells_when_it_is_stale(open_page: Any, pharmacy: Pharmacy) -> None:
    promises = Promises(pharmacy, timezone.now() - timedelta(minutes=5))
    page = open_page("/c/tcm/board", cookies=cookies_of(client_of(pharmacy, "dispenser")))
    assert not page.evaluate(SHOWN)
    page.evaluate("window.stays = true")
    promises.received("RX-1", issued_on=f"{promises.at:%F}")
    page.evaluate("htmx.trigger(document.getElementById('board'), 'kq:again')")
    page.get_by_text("RX-1").first.wait_for()
    assert page.evaluate("window.stays"), "the page was not loaded anew"
    page.context.set_offline(True)
    until(page, SHOWN, True)
    assert "不是现在的情况" in page.locator("#board-off").inner_text()
    assert "RX-1" in page.locator("main").inner_text()
    page.context.set_offline(False)
    until(page, SHOWN, False)
    page.route("**/c/tcm/board", lambda route: route.abort())  # the network is there, the house does not answer
    page.evaluate("document.getElementById('board').setAttribute('data-every', '0.2')")
    until(page, SHOWN, True)
    assert "没有更新" in page.locator("#board-off").inner_text()
    page.unroute("**/c/tcm/board")
    page.evaluate("htmx.trigger(document.getElementById('board'), 'kq:again')")
    until(page, SHOWN, False)
