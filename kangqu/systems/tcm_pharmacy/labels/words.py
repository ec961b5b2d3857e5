"""What is printed where: every label as a banner, a title, rows of named values, notes and a barcode."""

from __future__ import annotations

from datetime import date, datetime
from functools import singledispatch
from typing import Any

from kangqu.kernel.basis.clock import CITY
from kangqu.systems.tcm_pharmacy.labels.model import (
    BagLabel,
    Label,
    ParcelLabel,
    PotLabel,
    Route,
    SampleLabel,
    ShelfLabel,
    TubLabel,
)
from kangqu.web.formats import masked_name, masked_phone

Row = list[tuple[str, str]]


def layout(
    title: str,
    *rows: Row,
    banner: str = "",
    corner: str = "",
    route: Route | None = None,
    notes: list[str] | None = None,
) -> dict[str, Any]:
    """The parts of a label in the form the template takes: each row holds (name, value), values that are empty are left out."""
    kept = [[pair for pair in row if pair[1]] for row in rows]
    return {
        "title": title,
        "banner": banner,
        "corner": corner,
        "external": route is Route.EXTERNAL,
        "rows": [row for row in kept if row],
        "notes": notes or [],
    }


@singledispatch
def words(label: Label) -> dict[str, Any]:
    """The parts of a label. ``TypeError`` for what is none."""
    raise TypeError(f"{type(label).__name__} is not a label")


@words.register
def _tub(label: TubLabel) -> dict[str, Any]:
    return layout(
        _name(label.patient, label.masked),
        [("", label.institution), ("", label.department)],
        [("剂数", f"{label.doses} 剂"), ("药重", f"{label.herb_grams} g"), ("浸泡", f"{label.soak_minutes} 分钟")],
        [("煎法", label.category), ("煎药机", label.pot), ("应完成", moment(label.due) if label.due else "")],
        banner=label.route,
        corner=label.priority,
        route=label.route,
        notes=list(label.handling),
    )


@words.register
def _bag(label: BagLabel) -> dict[str, Any]:
    beside = [f"另附 {herb}（{handling}）" for herb, handling in label.enclosed]
    return layout(
        _name(label.patient, label.masked),
        [("", label.institution), ("", label.department)],
        [("剂数", f"{label.doses} 剂"), ("袋数", f"{label.packs} 袋"), ("每袋", f"{label.ml_a_pack} ml")],
        [("用法", f"每日 {label.times_a_day} 次"), ("", label.timing)],
        [("贮存", label.storage)],
        [("煎制", moment(label.decocted_at)), ("使用期限", moment(label.use_before))],
        [("煎药中心", label.centre)],
        [("复核", label.checker), ("药师电话", label.phone)],
        banner="外用 · 禁止口服" if label.route is Route.EXTERNAL else "内服",
        route=label.route,
        notes=beside,
    )


@words.register
def _shelf(label: ShelfLabel) -> dict[str, Any]:
    return layout(
        label.herb,
        [("批号", label.lot), ("有效期至", day(label.expires))],
        [("产地", label.origin), ("生产企业", label.maker)],
        banner=label.place,
        corner=label.warning,
    )


@words.register
def _pot(label: PotLabel) -> dict[str, Any]:
    return layout(
        label.name,
        [("", label.centre)],
        [("最多药量", f"{label.herb_grams} g"), ("最多加水", f"{label.water_ml} ml")],
        banner="外用专锅" if label.route is Route.EXTERNAL else "内服专锅",
        route=label.route,
    )


@words.register
def _parcel(label: ParcelLabel) -> dict[str, Any]:
    return layout(
        _name(label.receiver, label.masked),
        [("电话", masked_phone(label.phone) if label.masked else label.phone)],
        [("", label.address)],
        [("车次", label.round), ("发车", moment(label.departs_at))],
        [("袋数", f"{label.bags} 袋"), ("贮存", label.storage)],
        [("寄出", label.centre)],
        banner=label.district,
        corner=f"{label.part}/{label.parts} 件",
    )


@words.register
def _sample(label: SampleLabel) -> dict[str, Any]:
    return layout(
        label.prescription,
        [("袋数", f"{label.bags} 袋"), ("存放", label.place)],
        [("留样", moment(label.kept_at)), ("保存到", moment(label.keep_until))],
        [("", label.centre), ("留样人", label.keeper)],
        banner="留样",
        corner="不得发出",
    )


def _name(name: str, masked: bool) -> str:
    return masked_name(name) if masked else name


def moment(at: datetime) -> str:
    """``2026-11-23 09:30``, the city's time. ``ValueError`` without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time on a label needs its zone")
    return f"{at.astimezone(CITY):%Y-%m-%d %H:%M}"


def day(at: date) -> str:
    return f"{at:%Y-%m-%d}"
