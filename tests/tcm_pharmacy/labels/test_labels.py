"""Labels are read back: the size of the page, the words on it, the barcode in the dots of a printer."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from kangqu.systems.tcm_pharmacy.labels.barcode import bars
from kangqu.systems.tcm_pharmacy.labels.model import NARROW, WIDE, BagLabel, Route, Stock
from kangqu.systems.tcm_pharmacy.labels.typesetting import can_typeset, picture, typeset
from kangqu.systems.tcm_pharmacy.labels.words import words
from tests.tcm_pharmacy.labels.reading import pages
from tests.tcm_pharmacy.labels.samples import ALL, AT, BAG, CODE, FONTS, LATIN, LONG, PARCEL, POT, RARE, SHELF, TUB

pytestmark = pytest.mark.skipif(not can_typeset(FONTS), reason="the extra pdf is not installed: no label is looked at")

EACH = pytest.mark.parametrize("label", ALL, ids=lambda label: type(label).__name__)
STOCKS = pytest.mark.parametrize("stocks", [NARROW, WIDE], ids=["58 mm", "100 mm"])


def _flat(text: str) -> str:
    return "".join(text.split())


def _image(label: Any, stock: Stock, dpi: int = 203) -> Image.Image:
    return Image.open(io.BytesIO(picture(label, stock, dpi=dpi, fonts=FONTS))).convert("L")


@EACH
@STOCKS
def test_a_label_has_its_size_its_words_and_its_barcode(label, stocks):
    stock = stocks[type(label)]
    (page,) = pages(typeset([label], stock, fonts=FONTS))
    assert (page.width_mm, page.height_mm) == pytest.approx((stock.width, stock.height), abs=0.1)
    parts = words(label)
    wanted = [parts["title"], parts["banner"], parts["corner"], *parts["notes"], CODE]
    wanted += [value for row in parts["rows"] for pair in row for value in pair]
    read = _flat(page.text)
    assert [each for each in wanted if _flat(each) not in read] == []
    assert "\ufffd" not in read
    found = zxingcpp.read_barcodes(_image(label, stock))
    assert [(each.text, each.format.name) for each in found] == [(CODE, "Code128")]


def test_a_bag_says_all_that_a_bag_must_say():
    (page,) = pages(typeset([BAG], NARROW[BagLabel], fonts=FONTS))
    read = _flat(page.text)
    for said in (
        *(RARE, "淄博市中心医院", "中医科门诊", "内服", "7剂", "14袋", "200ml", "每日2次", "饭后温服", "2–8℃冷藏"),
        *("煎制2026-11-2309:30", "使用期限2026-11-3009:30", "淄博市智慧中药房张店中心", "王复核", "0533-2160000"),
        *("另附三七粉（粉服）", "另附阿胶（烊化）", CODE),
    ):
        assert said in read, said


@pytest.mark.parametrize("label", [TUB, BAG, POT], ids=lambda label: type(label).__name__)
@STOCKS
def test_external_and_internal_use_cannot_be_mistaken(label, stocks):
    stock = stocks[type(label)]
    external = replace(label, route=Route.EXTERNAL)
    (inner,), (outer,) = pages(typeset([label], stock, fonts=FONTS)), pages(typeset([external], stock, fonts=FONTS))
    assert "内服" in inner.text and "外用" not in inner.text
    assert "外用" in outer.text and "内服" not in outer.text

    def black(which: Any, box: tuple[float, float, float, float]) -> float:
        image = _image(which, stock)
        part = image.crop(tuple(round(edge * 203 / 25.4) for edge in box))  # type: ignore[arg-type]
        return sum(value < 128 for value in part.tobytes()) / (part.width * part.height)

    banner = (4, 3, 24, 6)
    assert black(external, banner) > 0.5 > 0.4 > black(label, banner)
    side = (1.15, 10, 1.45, stock.height - 10)  # the frame, where no text comes
    assert black(external, side) > 0.3 and black(label, side) < 0.05


@pytest.mark.parametrize("name", [RARE, LONG, LATIN, "阿" * 30, "A" * 40, "·"])
@pytest.mark.parametrize("label", [TUB, BAG, PARCEL], ids=lambda label: type(label).__name__)
@STOCKS
def test_every_name_fits(name, label, stocks):
    named = replace(label, receiver=name) if label is PARCEL else replace(label, patient=name, route=Route.EXTERNAL)
    stock = stocks[type(label)]
    (page,) = pages(typeset([named], stock, fonts=FONTS))
    assert _flat(name) in _flat(page.text)
    image = _image(named, stock)
    edge = round(0.9 * 203 / 25.4)  # nothing runs over the edge
    right = image.crop((image.width - edge, 0, image.width, image.height)).tobytes()
    assert min(right) > 128
    assert [each.text for each in zxingcpp.read_barcodes(image)] == [CODE]


def test_rare_characters_are_printed_not_boxed():
    shown = {name: _image(replace(BAG, patient=name), WIDE[BagLabel]).tobytes() for name in ("𠮷", "䶮", "\U0002fa1d")}
    assert len(set(shown.values())) == 3


def test_a_masked_label_does_not_tell_the_name():
    (page,) = pages(typeset([replace(BAG, masked=True)], NARROW[BagLabel], fonts=FONTS))
    assert "张**" in page.text and RARE not in _flat(page.text)
    (page,) = pages(typeset([replace(PARCEL, masked=True)], NARROW[type(PARCEL)], fonts=FONTS))
    assert "赵**" in page.text and "138****1234" in _flat(page.text) and "春花" not in page.text


@pytest.mark.slow
def test_a_hundred_bags_are_one_file_in_a_second():
    bags = [replace(BAG, code=f"B0A1B2C3D4E{each:03}", patient=f"张𠮷{each}") for each in range(100)]
    typeset(bags[:1], NARROW[BagLabel], fonts=FONTS)
    began = time.process_time()
    made = typeset(bags, NARROW[BagLabel], fonts=FONTS)
    assert time.process_time() - began < 2  # 0.6 s alone on the machine, which tests share
    read = pages(made)
    assert len(read) == 100 and all(bag.code in page.text for bag, page in zip(bags, read, strict=True))


def test_bars_are_whole_dots_and_keep_their_quiet_zones():
    for width, module in ((52.6, 0.25), (94.6, 0.375)):
        made = bars(CODE, width)
        assert made["width"] <= width and made["bars"][0][0] == 10 * module
        assert all(each / module == round(each / module) for pair in made["bars"] for each in pair)
    with pytest.raises(ValueError, match="wider"):
        bars(CODE, 40)


@pytest.mark.parametrize(
    ("labels", "stock", "why"),
    [
        ([], NARROW[BagLabel], "1 to"),
        ([replace(BAG, code="b 1")], NARROW[BagLabel], "printed code"),
        ([replace(BAG, centre="中" * 2000)], NARROW[BagLabel], "no room"),
        ([BAG], Stock(58, 30), "no room"),
        ([replace(BAG, decocted_at=AT.replace(tzinfo=None))], NARROW[BagLabel], "zone"),
    ],
)
def test_what_cannot_be_printed_is_refused(labels, stock, why):
    with pytest.raises(ValueError, match=why):
        typeset(labels, stock, fonts=FONTS)


def test_values_are_never_source():
    named = replace(SHELF, herb='#panic("x") \\ $1$ *b* <a> @b //')
    (page,) = pages(typeset([named], WIDE[type(SHELF)], fonts=FONTS))
    assert _flat('#panic("x") \\ $1$ *b* <a> @b //') in _flat(page.text)
