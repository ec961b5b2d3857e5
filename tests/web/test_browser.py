"""The frame in a real browser: looks for everyone, and every habit of the script."""

from __future__ import annotations

import base64
import itertools

import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Page, expect

from kangqu.web.labels import qr_svg
from tests.browser import GUN, axe_violations, bar_turned, in_outbox, scan, scrolls_sideways, small_targets, tiny_text
from tests.web import urls

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = {
    "light": {},
    "dark": {"kq-theme": "dark"},
    "elder": {"kq-mode": "elder"},
}


@pytest.fixture(autouse=True)
def pages(settings):
    settings.ROOT_URLCONF = "tests.web.urls"
    urls.RECEIVED.clear()
    urls.TRIES.clear()


@pytest.mark.looks
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    ("frame", "look"), [*itertools.product(["resident", "plain"], LOOKS), ("staff", "light"), ("staff", "dark")]
)
def test_everybody_can_use_every_component(open_page, frame: str, look: str, language: str) -> None:
    """One page through all widths, as a window is made wider: longer words overlap and wrap where shorter ones do not."""
    page = open_page(f"/dev/ui?frame={frame}", width=320, language=language, cookies=LOOKS[look])
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        desktop = frame == "staff" and width >= 960
        assert not scrolls_sideways(page)
        assert small_targets(page, 24 if desktop else 60 if look == "elder" else 44) == []
        assert tiny_text(page, 18 if look == "elder" else 13 if desktop else 14) == []
        assert axe_violations(page, enhanced=look == "elder") == []


@pytest.mark.parametrize("frame", ["resident", "staff"])
def test_reflow_at_larger_text(open_page, frame: str) -> None:
    page = open_page(f"/dev/ui?frame={frame}", width=320)
    page.evaluate("() => document.documentElement.style.setProperty('--k', '1.4')")
    assert not scrolls_sideways(page)


def test_menu_on_a_phone_needs_no_script(open_page) -> None:
    page = open_page("/dev/ui?frame=staff", java_script_enabled=False)
    assert not page.locator("#menu").is_visible()
    page.locator(".top a[href='#menu']").click()
    assert page.locator("#menu").is_visible()
    page.locator("#menu a[href='#main']").click()
    assert not page.locator("#menu").is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_elder_mode_is_kept(open_page, script: bool) -> None:
    page = open_page("/t/code", java_script_enabled=script)
    page.get_by_role("link", name="长辈版").click()
    assert page.locator("html").get_attribute("data-mode") == "elder"
    page.reload()
    assert page.locator("html").get_attribute("data-mode") == "elder"
    page.get_by_role("link", name="标准版").click()
    page.reload()
    assert page.locator("html").get_attribute("data-mode") is None


def test_language_is_kept(open_page) -> None:
    page = open_page("/t/code")
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/t/code")
    expect(page.get_by_role("link", name="Large type")).to_be_visible()


GOT = """
() => { document.documentElement.setAttribute('data-own-scan', ''); window.got = [];
  document.addEventListener('kq:scan', e => got.push(e.detail)) }
"""


def test_a_scan_is_read_with_an_input_method_on(open_page) -> None:
    page = open_page("/t/scan", width=1440)
    page.locator("#other").focus()
    with page.expect_navigation():
        scan(page, "R7K2Q9-XA.T8")
    assert page.locator("#id_q").input_value() == "R7K2Q9-XA.T8"
    assert "q=R7K2Q9-XA.T8" in page.url
    page.wait_for_function("() => document.querySelector('#live').textContent === 'R7K2Q9-XA.T8'")


def test_a_scan_leaves_the_field_it_fell_into(open_page) -> None:
    page = open_page("/t/scan", width=1440)
    page.evaluate(GOT)
    page.locator("#other").focus()
    page.keyboard.type("R1234567890123456789")
    page.keyboard.press("Enter")
    page.wait_for_function("() => got.length")
    assert page.evaluate("window.got") == ["R1234567890123456789"]
    assert page.locator("#other").input_value() == "原来的"


def test_keys_a_slow_machine_let_wait_are_still_one_scan(open_page) -> None:
    page = open_page("/t/scan", width=1440)
    page.evaluate(GOT)
    page.evaluate(f"() => {{ window.gun = {GUN} }}")
    page.evaluate("() => new Promise(done => { gun('R1234567', false); setTimeout(() => { gun('89'); done() }, 150) })")
    page.wait_for_function("() => got.length")
    assert page.evaluate("window.got") == ["R123456789"]


def test_a_person_typing_is_not_a_scan(open_page) -> None:
    page = open_page("/t/scan", width=1440)
    page.evaluate("() => { window.got = []; document.addEventListener('kq:scan', e => got.push(e.detail)) }")
    page.locator("#other").focus()
    page.keyboard.type("abcdefgh", delay=70)
    page.keyboard.press("Enter")
    assert page.evaluate("window.got") == []
    assert "abcdefgh" in page.locator("#other").input_value()


def test_the_same_code_at_once_is_said_not_sent(open_page) -> None:
    page = open_page("/t/scan", width=1440)
    page.evaluate(
        "() => { document.documentElement.setAttribute('data-own-scan', ''); window.got = []; document.addEventListener('kq:scan', e => got.push(e.detail)) }"
    )
    page.evaluate("() => { KQ.scan('r000001'); KQ.scan('R000001'); KQ.scan('R000002') }")
    assert page.evaluate("window.got") == ["R000001", "R000002"]


def test_a_refused_scan_turns_the_bar_red(open_page) -> None:
    page = open_page("/t/scan?q=X1", width=1440)
    bar_turned(page, "on-bad")
    page.wait_for_selector(".top:not(.on-bad)")


def test_the_colour_of_a_scan_lasts_its_own_second(open_page) -> None:
    page = open_page("/t/scan", width=1440)
    page.clock.install(time=0)
    page.clock.pause_at(3_600)
    bar = page.locator(".top")
    page.evaluate("() => KQ.result(true, 'x')")
    page.clock.run_for(700)
    page.evaluate("() => KQ.result(false, 'y')")
    page.clock.run_for(600)
    assert "on-bad" in bar.get_attribute("class").split()
    page.clock.run_for(600)
    assert "on-bad" not in bar.get_attribute("class").split()


def test_the_code_renews_and_fades(open_page) -> None:
    page = open_page("/t/code")
    page.wait_for_selector(".qr svg[aria-label='R00001']")
    page.locator("[data-code-now]").click()
    page.wait_for_function("() => document.querySelector('.qr svg').getAttribute('aria-label') > 'R00001'")
    page.context.set_offline(True)
    page.wait_for_selector(".qr.old", timeout=20_000)
    assert "出示身份证" in page.locator("[data-code-note]").inner_text()
    page.context.set_offline(False)
    page.wait_for_selector(".qr:not(.old)", timeout=20_000)
    assert not page.locator("[data-code-note]").is_visible()


def test_drafts_survive_and_hold_no_id_number(open_page) -> None:
    page = open_page("/t/note", width=1440)
    page.fill("#id_name", "𠮷田秀兰")
    page.fill("#id_id_number", "11010519491231002X")
    page.wait_for_function("() => (localStorage.getItem('kq:draft:note:1') || '').includes('秀兰')", timeout=10_000)
    assert "110105" not in page.evaluate("localStorage.getItem('kq:draft:note:1')")
    page.reload()
    assert page.locator("#id_name").input_value() == "𠮷田秀兰"
    assert "已恢复" in page.locator("form .note-info").inner_text()
    page.locator("form[data-draft] button:has-text('保存')").click()
    page.wait_for_url("**/t/note?done=1")
    assert page.evaluate("localStorage.getItem('kq:draft:note:1')") is None
    assert page.locator("#id_name").input_value() == ""


def test_id_number_fills_birth_and_sex(open_page) -> None:
    page = open_page("/t/note", width=1440)
    page.fill("#id_id_number", "110105194912310021")
    assert "对不上" in page.locator("#id_id_number-live").inner_text()
    page.fill("#id_id_number", "11010519491231002x")
    assert page.locator("#id_birth_date").input_value() == "1949-12-31"
    assert page.locator("input[name=sex][value='2']").is_checked()
    page.fill("#id_id_number", "11010519")
    page.locator("#id_name").focus()
    assert "还差 10 位" in page.locator("#id_id_number-live").inner_text()


def test_errors_take_the_focus(open_page) -> None:
    page = open_page("/t/note", width=1440)
    page.locator("form[data-draft] button").click()
    page.wait_for_function("() => document.activeElement?.id === 'errors'")
    page.locator("#errors a").first.click()
    assert page.locator("#id_name").get_attribute("aria-invalid") == "true"


def test_offline_saves_arrive_once(open_page) -> None:
    page = open_page("/c/t/outbox", width=1440)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.context.set_offline(True)
    for n in range(20):
        page.fill("#id_name", f"居民{n:02d}")
        page.locator("form[data-outbox] button").click()
        in_outbox(page, n + 1)
    kept_here = "() => document.querySelector('[data-syn] span').textContent.includes('20 条已存在本机')"
    page.wait_for_function(kept_here)
    assert urls.RECEIVED == []
    page.reload()
    page.wait_for_function(kept_here)
    kept = page.evaluate("() => new Promise(ok => KQ.outbox.all(ok))")
    page.context.set_offline(False)
    in_outbox(page, 0)
    page.wait_for_function("() => document.querySelector('[data-syn] span').textContent.includes('已同步')")
    again = page.evaluate(
        """items => fetch('/c/t/outbox', {method: 'POST', body: JSON.stringify({items}), headers: {'Content-Type': 'application/json',
        'X-CSRFToken': document.querySelector('meta[name=csrf]').content}}).then(r => r.json())""",
        kept,
    )
    assert {answer["state"] for answer in again["answers"]} == {"duplicate"}
    assert [item["values"]["name"] for item in urls.RECEIVED] == [f"居民{n:02d}" for n in range(20)]


def test_a_returned_save_stays_until_dealt_with(open_page) -> None:
    page = open_page("/c/t/outbox", width=1440)
    page.fill("#id_name", "错")
    page.locator("form[data-outbox] button").click()
    page.wait_for_selector("[data-outbox-list] button")
    assert "姓名不对" in page.locator("[data-outbox-list]").inner_text()
    assert "1 条被退回" in page.locator("[data-syn] span").inner_text()
    page.locator("[data-outbox-list] button").click()
    in_outbox(page, 0)
    assert urls.RECEIVED == []


def test_keys(open_page) -> None:
    page = open_page("/dev/ui?frame=staff", width=1440)
    page.keyboard.press("F2")
    assert page.evaluate("document.activeElement.id") == "id_q"
    page.locator("table tbody th a").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == page.locator("table tbody th a").nth(1).inner_text()


GREY = """
async (png) => { const bytes = Uint8Array.from(atob(png), c => c.charCodeAt(0)), image = await createImageBitmap(new Blob([bytes]));
  const canvas = document.createElement('canvas'); canvas.width = image.width; canvas.height = image.height;
  const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
  const all = pen.getImageData(0, 0, image.width, image.height).data;
  return [image.height, image.width, Array.from({length: image.width * image.height}, (_, n) => all[4 * n + 1])]; }
"""


def grey(page: Page, png: bytes) -> np.ndarray:
    """A screenshot as an array of grey, decoded by the browser itself."""
    height, width, values = page.evaluate(GREY, base64.b64encode(png).decode())
    return np.array(values, np.uint8).reshape(height, width)


@pytest.mark.parametrize("pixels", [236, 118, 78, 59])
def test_the_code_is_read_from_a_screenshot(open_page, pixels: int) -> None:
    page = open_page("/t/code")
    page.evaluate(
        "([svg, n]) => { document.body.innerHTML = '<div id=q></div>'; q.innerHTML = svg; q.style.cssText = `width:${n}px;padding:8px;background:#fff` }",
        [str(qr_svg("R7K2Q9XA4T8M3ZB6")), pixels],
    )
    read = zxingcpp.read_barcodes(grey(page, page.locator("#q").screenshot()))
    assert [found.text for found in read] == ["R7K2Q9XA4T8M3ZB6"]
