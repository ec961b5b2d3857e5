"""The desk as people use it: a scanner that types, a browser, a network that goes away and comes back."""

from __future__ import annotations

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.codes.models import CodeScan, CodeUse
from tests.browser import bar_turned, in_outbox, scan, until
from tests.code.test_desk_pages import Hall, hall  # noqa: F401 - a fixture
from tests.look_over import cookies_of, look_over

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def result(page) -> str:
    page.wait_for_selector("[data-part=result] [data-result]")
    return page.locator("[data-part=result]").inner_text()


def at_desk(open_page, hall, **options):  # noqa: F811
    return open_page("/c/scan", width=1440, cookies=cookies_of(hall.client(**options)))


def clear(page) -> None:
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('[data-part=result] [data-result]')")


def test_a_scan_turns_the_bar_green_and_tells_the_name(open_page, hall):  # noqa: F811
    page = at_desk(open_page, hall)
    page.locator("h1").click()  # no field has the focus
    scan(page, hall.code())
    bar_turned(page, "on-ok")
    assert "李小𠮷" in result(page) and "李**" in page.locator("#recent").inner_text()
    page.wait_for_selector(".top:not(.on-ok)")
    assert page.url.endswith("/c/scan") and page.locator("#id_code").input_value() == ""


def test_real_keys_of_a_scanner(open_page, hall):  # noqa: F811
    page = at_desk(open_page, hall)
    page.keyboard.press("F2")
    assert page.evaluate("() => document.activeElement.id") == "id_code"
    code = hall.code()
    for _ in range(3):  # each key is sent when the last was taken: a busy machine may stop in the middle of a code
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        told = result(page)
        if "没有扫全" not in told:
            break
        clear(page)
    assert "李小𠮷" in told
    assert CodeScan.objects.filter(word="genuine").count() == 1


def test_what_is_not_good_turns_the_bar_red_each_with_its_word(open_page, hall):  # noqa: F811
    page = at_desk(open_page, hall)
    good = hall.code()
    altered = good[:50] + ("A" if good[50] != "A" else "B") + good[51:]
    for code, word in ((hall.code(-100), "码已过期"), (altered, "字符有误"), ("R00000012345", "不是康衢码")):
        scan(page, code)
        bar_turned(page, "on-bad")
        assert word in result(page)
        clear(page)
    assert not CodeUse.objects.exists()


def test_without_a_network_it_verifies_keeps_and_sends_once(open_page, hall):  # noqa: F811
    page = at_desk(open_page, hall)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    until(page, "() => caches.match('/c/scan', {ignoreVary: true}).then(Boolean)", True)
    good, late = hall.code(), hall.code(-100)
    page.context.set_offline(True)
    page.reload()  # the kept page
    scan(page, good)
    bar_turned(page, "on-ok")
    assert "离线核验：码有效" in result(page) and "李" not in result(page)
    clear(page)
    scan(page, late)
    bar_turned(page, "on-bad")
    assert "离线核验：码已过期" in result(page)
    clear(page)
    scan(page, "R00000012345")
    assert "离线核验：不是康衢码" in result(page)
    in_outbox(page, 2)
    assert CodeScan.objects.count() == 0
    items = page.evaluate("() => new Promise(ok => KQ.outbox.all(ok))")
    page.context.set_offline(False)
    in_outbox(page, 0)
    again = page.evaluate(
        """items => fetch('/c/scan/kept', {method: 'POST', body: JSON.stringify({items: items.map(r => ({id: r.id, at: r.at,
           values: r.values}))}), headers: {'Content-Type': 'application/json',
           'X-CSRFToken': document.querySelector('meta[name=csrf]').content}}).then(r => r.json())""",
        items,
    )
    assert [each["state"] for each in again["answers"]] == ["duplicate", "duplicate"]
    assert sorted(CodeScan.objects.values_list("word", flat=True)) == ["expired", "genuine"]
    assert CodeUse.objects.get().uses == 1
    page.wait_for_function("() => document.getElementById('recent').textContent.includes('李**')")


def test_a_forged_code_is_red_without_a_network_too(open_page, hall):  # noqa: F811
    from kangqu.kernel.people.codes import encoding

    page = at_desk(open_page, hall)
    read = encoding.read(hall.code())
    assert isinstance(read, bytes)
    content = bytearray(read)
    content[-1] ^= 1
    page.context.set_offline(True)
    scan(page, encoding.write(bytes(content)))
    assert "离线核验：不是本市签发的码" in result(page)
    in_outbox(page, 1)


def test_a_server_that_does_not_answer_is_as_no_network(open_page, hall):  # noqa: F811
    page = at_desk(open_page, hall)
    page.context.route("**/c/scan", lambda route: route.abort())
    scan(page, hall.code())
    assert "离线核验：码有效" in result(page)
    in_outbox(page, 0)
    assert CodeScan.objects.get().word == "genuine"


@pytest.mark.looks
def test_the_page_is_whole_in_every_look(open_page, hall):  # noqa: F811
    client = hall.client()
    client.post("/c/scan", {"code": hall.code(), "key": "k1"})
    client.post("/c/scan", {"code": "R1", "key": "k2"})
    for path in ("/c/scan", "/c/scan?shown=k1", "/c/scan?shown=k2", "/c/scan?choose=1"):
        look_over(open_page, path, cookies=cookies_of(client))
    look_over(open_page, "/c/scan", cookies=cookies_of(hall.client(Role.GATE_KEEPER)), views=((390, "zh-hans", ""),))


def test_it_works_without_script(open_page, hall):  # noqa: F811
    page = open_page("/c/scan", width=390, cookies=cookies_of(hall.client()), java_script_enabled=False)
    page.fill("#id_code", hall.code())
    page.locator("#desk button:has-text('核验')").click()
    assert "核验通过：李小𠮷" in page.locator("[data-part=result]").inner_text()
