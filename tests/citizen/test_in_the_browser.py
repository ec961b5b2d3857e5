"""The residents' pages as people see them: within their bytes, the code read off the glass."""

from __future__ import annotations

import base64
import gzip
import re
from datetime import timedelta
from urllib.request import Request, urlopen

import numpy as np
import pytest
import zxingcpp
from django.utils import timezone
from playwright.sync_api import expect

from kangqu.kernel.notices.actions import write
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people.codes.scanning import read_scan
from kangqu.kernel.people.codes.words import Word
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.entries import Stream
from tests.access import cast
from tests.citizen.conftest import phone_of
from tests.look_over import cookies_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def furnished(family):
    """A family with everything a page can show."""
    phone_of(family.daughter, "+8613800000001", family.now)
    family.grant(family.mother, family.daughter, "code", "book")
    family.guard()
    cast.region("3703", "淄博市")
    clinic = cast.institution("柳沟村卫生室", "village_clinic", cast.region("370302", "淄川区"))
    by = Actor(account_id=999, role="doctor", institution_id=clinic.pk, purpose="care")
    for number in range(25):
        at = family.now - timedelta(hours=number + 1)
        record(
            by.did("person.open", at=at, person_id=family.daughter.pk, stream=Stream.LOOK, facts={"relation": "served"})
        )
    for number in range(3):
        values = {"agent": "李小𠮷", "person": "王秀兰", "until": "2027-11-22"}
        write(
            key=f"k{number}",
            channel=Channel.IN_APP,
            template="proxy_granted",
            values=values,
            person_id=family.daughter.pk,
            by=the_house(),
            at=family.now,
        )
    return family


def _fetch(site, path, cookies):
    asked = Request(site + path, headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})
    with urlopen(asked) as answer:
        return answer.read().decode()


def test_the_bytes_of_a_first_visit_and_of_the_next_page(site, furnished):
    cookies = cookies_of(furnished.client(furnished.daughter))
    page = _fetch(site, "/h/code", cookies)
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page)
    files = re.findall(r'(?:<link rel="stylesheet" href|<script src)="([^"]+)"', page)
    packed = {path: len(gzip.compress(_fetch(site, path, cookies).encode())) for path in files}
    first = len(gzip.compress(page.encode())) + sum(packed.values())
    assert first <= 45_000, packed
    for path in ("/h", "/h/code", "/h/family", "/h/who", "/h/me", "/h/messages", "/h/card"):
        assert len(gzip.compress(_fetch(site, path, cookies).encode())) <= 10_000, path


SHRUNK = """
async ([png, side]) => { const bytes = Uint8Array.from(atob(png), c => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]), {resizeWidth: side, resizeHeight: side, resizeQuality: 'high'});
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = side;
  const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
  const all = pen.getImageData(0, 0, side, side).data;
  return Array.from({length: side * side}, (_, n) => all[4 * n + 1]); }
"""


@pytest.mark.parametrize("mode", ["", "elder"])
@pytest.mark.parametrize("side", [236, 118, 78, 59])
def test_the_code_is_read_off_the_glass(open_page, furnished, mode, side):
    """The code of the page, shrunk in a picture of the screen as a reader sees it from further and further away.

    A reader looks at frame after frame, none quite as large as the last: here at three.
    """
    cookies = cookies_of(furnished.client(furnished.daughter)) | ({"kq-mode": mode} if mode else {})
    page = open_page("/h/code", cookies=cookies, device_scale_factor=2)
    card, code = page.locator(".qr").bounding_box(), page.locator(".qr svg").bounding_box()
    assert card is not None and code is not None
    shot = base64.b64encode(page.locator(".qr").screenshot()).decode()
    whole = round(side * card["width"] / code["width"])  # with the white card around it
    found: list[zxingcpp.Barcode] = []
    for pixels in (whole, whole + 1, whole - 1):
        grey = np.array(page.evaluate(SHRUNK, [shot, pixels]), np.uint8).reshape(pixels, pixels)
        found = found or zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCode)
    now = timezone.now()
    assert read_scan(found[0].text, at=now, now=now).word is Word.GENUINE


def test_the_qr_is_large_enough_and_nothing_moves_when_it_changes(open_page, furnished):
    page = open_page("/h/code", cookies=cookies_of(furnished.client(furnished.daughter)))
    box = page.locator(".qr svg").bounding_box()
    before = page.locator(".qr").inner_html()
    assert box is not None and box["width"] >= 220
    page.wait_for_timeout(1_100)  # a code is new once a second
    page.click("[data-code-now]")
    page.wait_for_function("before => document.querySelector('.qr').innerHTML !== before", arg=before)
    assert page.locator(".qr svg").bounding_box() == box


def test_without_the_network_the_code_stays_until_it_ends(open_page, furnished):
    page = open_page("/h/code", cookies=cookies_of(furnished.client(furnished.daughter)))
    page.context.set_offline(True)
    page.click("[data-code-now]")
    note = page.locator("[data-code-note]")
    note.wait_for(state="visible")
    assert "没接上网，此码" in note.inner_text()
    page.evaluate("() => { const then = Date.now; Date.now = () => then() + 95000 }")
    page.click("[data-code-now]")
    page.wait_for_selector(".qr.old")
    assert "请连接网络，或出示身份证" in note.inner_text()
    page.context.set_offline(False)
    page.wait_for_selector(".qr:not(.old)")


def test_a_revoked_right_takes_the_code_off_the_screen(open_page, furnished):
    client = furnished.client(furnished.daughter)
    page = open_page(f"/h/code?for={furnished.mother.public_code}", cookies=cookies_of(client))
    client.post(f"/h/family/for/{furnished.mother.public_code}/end")
    page.click("[data-code-now]")
    page.wait_for_selector("text=请家人重新授权")
    assert page.locator(".qr").count() == 0


def test_the_whole_way_without_script(browser, site, furnished):
    """Asked, answered, shown and ended with scripting off: every step a link or a form."""
    mother, daughter = furnished.client(furnished.mother), furnished.client(furnished.daughter)
    daughter.post(f"/h/family/for/{furnished.mother.public_code}/end")

    def at_phone(client):
        context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="zh-CN")
        context.add_cookies([{"name": k, "value": v, "url": site} for k, v in cookies_of(client).items()])
        return context.new_page()

    page = at_phone(mother)
    page.goto(site + "/h")
    page.click("text=家人代办")
    page.click("text=添加家人")
    page.click("text=请家人帮我办")
    page.fill("#id_name", "李小𠮷")
    page.fill("#id_contact", "13800000001")
    page.select_option("#id_relation", "子女")
    page.click("text=请对方确认")
    expect(page.get_by_text("等对方答复").first).to_be_visible()
    other = at_phone(daughter)
    other.goto(site + "/h/family")
    other.click("button:has-text('同意') >> nth=0")
    other.click("a:has-text('王秀兰')")
    other.click("text=为 王秀兰 亮码")
    expect(other.locator(".qr svg")).to_be_visible()
    expect(other.get_by_text("由李小𠮷代办").first).to_be_visible()
    other.click("a[data-code-now]")
    expect(other.locator(".qr svg")).to_be_visible()
    page.goto(site + "/h/family")
    page.click("a:has-text('李小𠮷')")
    page.click("text=撤销授权")
    page.click("button:has-text('撤销')")
    expect(page.get_by_text("还没有人可以为您代办").first).to_be_visible()
    page.goto(site + "/h/card")
    page.click("button:has-text('办一张纸质卡')")
    page.click("text=作废这张卡")
    page.click("label:has-text('丢了')")
    page.click("button:has-text('作废')")
    expect(page.get_by_text("旧卡不能再用").first).to_be_visible()
    page.goto(site + "/h/me")
    page.click("button:has-text('退出登录')")
    page.goto(site + "/h")
    assert "/sign-in" in page.url
