"""The symbols on the screen are read back from screenshots, down to the size of a thumbnail."""

from __future__ import annotations

import base64
import random

import numpy as np
import pytest
import zxingcpp

from kangqu.kernel.people.codes.encoding import write
from kangqu.kernel.people.codes.pictures import barcode_svg, qr_svg
from kangqu.kernel.people.codes.reading import write_barcode
from tests.conftest import NINE

_CHANCE = random.Random(2)
_SHRINK = """async ([source, width, height]) => {
  const image = new Image(); image.src = source; await image.decode();
  const canvas = document.createElement('canvas'); canvas.width = width; canvas.height = height;
  const pen = canvas.getContext('2d'); pen.imageSmoothingQuality = 'high'; pen.drawImage(image, 0, 0, width, height);
  return [...pen.getImageData(0, 0, width, height).data].filter((_, place) => place % 4 === 0);
}"""


def _screenshot(page, svg, css_width):
    page.set_content(f'<body style="margin:0;background:#fff"><div id="it" style="width:{css_width}px">{svg}</div>')
    return "data:image/png;base64," + base64.b64encode(page.locator("#it svg").screenshot()).decode()


def _read(page, source, width, height):
    pixels = np.array(page.evaluate(_SHRINK, [source, width, height]), dtype=np.uint8).reshape(height, width)
    return [found.text for found in zxingcpp.read_barcodes(np.pad(pixels, 24, constant_values=255))]


@pytest.mark.browser
@pytest.mark.parametrize("pixels", [236, 118, 78, 59])
def test_a_code_is_read_from_a_screenshot(browser, pixels):
    page = browser.new_page(viewport={"width": 400, "height": 400})
    for _ in range(4):
        code = write(_CHANCE.randbytes(75))
        assert _read(page, _screenshot(page, qr_svg(code), 236), pixels, pixels) == [code]
    page.close()


@pytest.mark.browser
def test_a_barcode_is_read_from_a_screenshot(browser):
    page = browser.new_page(viewport={"width": 400, "height": 400}, device_scale_factor=2)
    text = write_barcode(key=b"k", handle=_CHANCE.getrandbits(48), issued_at=NINE)
    svg = barcode_svg(text).replace("<svg ", '<svg style="width:300px;height:90px" preserveAspectRatio="none" ', 1)
    assert _read(page, _screenshot(page, svg, 300), 600, 180) == [text]
    page.close()
