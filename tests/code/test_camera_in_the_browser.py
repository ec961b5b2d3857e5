"""A desk with a camera: Chromium is given a film of a code, for want of a lens; all from there on is the page's own."""

from __future__ import annotations

import numpy as np
import pytest
import segno

from kangqu.kernel.people.codes.models import CodeScan
from tests.browser import ARGUMENTS, bar_turned, chromium_here, in_outbox
from tests.code.test_desk_in_the_browser import at_desk, result
from tests.code.test_desk_pages import Hall, hall  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTH, HEIGHT = 640, 480


def film(code: str) -> bytes:
    """A second of the code held into a picture of 640 by 480, as uncompressed video (YUV4MPEG2)."""
    dark = np.array([list(row) for row in segno.make(code, error="m").matrix], dtype=bool)
    side = 6 * len(dark)
    grey = np.full((HEIGHT, WIDTH), 180, np.uint8)
    top, left = (HEIGHT - side) // 2, (WIDTH - side) // 2
    grey[top - 24 : top + side + 24, left - 24 : left + side + 24] = 235
    grey[top : top + side, left : left + side] = np.where(np.kron(dark, np.ones((6, 6), bool)), 40, 235)
    frame = b"FRAME\n" + grey.tobytes() + bytes([128]) * (WIDTH * HEIGHT // 2)
    return f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10


@pytest.fixture
def browser(browser, hall, tmp_path):  # noqa: F811
    """A browser whose camera sees the resident's code."""
    seen = tmp_path / "code.y4m"
    seen.write_bytes(film(hall.code()))
    camera = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    started = browser.browser_type.launch(
        executable_path=chromium_here(), args=[*ARGUMENTS, *camera, f"--use-file-for-fake-video-capture={seen}"]
    )
    yield started
    started.close()


def test_the_camera_reads_the_code_and_opens_the_resident(open_page, hall):  # noqa: F811
    page = at_desk(open_page, hall)
    page.get_by_role("button", name="用相机扫码").click()
    bar_turned(page, "on-ok")
    assert "李小𠮷" in result(page)
    assert page.locator("video").count() == 0
    assert CodeScan.objects.get().word == "genuine"


def test_the_camera_reads_without_a_network(open_page, hall):  # noqa: F811
    page = at_desk(open_page, hall)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.context.set_offline(True)
    page.get_by_role("button", name="用相机扫码").click()
    assert "离线核验：码有效" in result(page)
    in_outbox(page, 1)


def test_the_camera_is_shut_by_hand(open_page, hall):  # noqa: F811
    page = at_desk(open_page, hall)
    page.evaluate("() => { window.BarcodeDetector = function () { this.detect = () => Promise.resolve([]) } }")
    page.get_by_role("button", name="用相机扫码").click()
    page.wait_for_function("() => (document.querySelector('video')||{}).videoWidth")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('video')")
    assert not CodeScan.objects.exists()
