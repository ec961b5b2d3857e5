"""What we print can be read again."""

from __future__ import annotations

import re

import numpy as np
import pytest
import zxingcpp

from kangqu.web.labels import code128_svg, qr_svg


def drawn(svg: str, scale: int) -> np.ndarray:
    """The picture of one of our own code SVGs: rectangles of whole modules."""
    view = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert view is not None
    width, height = int(view[1]), int(view[2])
    picture = np.full((height, width), 255, np.uint8)
    for x, y, wide, high in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", svg):
        picture[int(y) : int(y) + int(high), int(x) : int(x) + int(wide)] = 0
    return np.kron(picture, np.ones((scale, scale), np.uint8))


@pytest.mark.parametrize("scale", [2, 3, 8])
@pytest.mark.parametrize("text", ["R7K2Q9XA4T8M", "R" + "0123456789ABCDEFGHJKMNPQRSTVWXYZ.-" * 3, "HTTPS.E-1"])
def test_qr_reads_back(text: str, scale: int) -> None:
    read = zxingcpp.read_barcodes(np.pad(drawn(str(qr_svg(text)), scale), 8, constant_values=255))
    assert [found.text for found in read] == [text]


@pytest.mark.parametrize("text", ["R7K2Q9XA4T8M", "T-1.2", "0" * 48, "123456"])
def test_code128_reads_back(text: str) -> None:
    read = zxingcpp.read_barcodes(drawn(str(code128_svg(text)), 2), formats=zxingcpp.BarcodeFormat.Code128)
    assert [found.text for found in read] == [text]


def test_fixed_version_keeps_its_size() -> None:
    sizes = {re.search(r'viewBox="([^"]+)"', str(qr_svg(text, version=6)))[1] for text in ("A", "A" * 40)}  # type: ignore[index]
    assert len(sizes) == 1
    with pytest.raises(ValueError):
        qr_svg("A" * 500, version=6)


@pytest.mark.parametrize("text", ["", "小", "a", "A B", "A\x00", "A" * 49, "<svg>"])
def test_code128_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        code128_svg(text)


def test_labels_are_escaped() -> None:
    assert "<b>" not in str(qr_svg("A", label='"><b>'))
