"""The tables of the overview: by day and pharmacy, by doctor, the cases behind a figure. Each is also a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.cases.programme import State
from kangqu.systems.tcm_pharmacy.board.stations import Station
from kangqu.systems.tcm_pharmacy.desk.reads import ground_word
from kangqu.systems.tcm_pharmacy.programme import PRESCRIPTION
from kangqu.systems.tcm_pharmacy.rating import words as rated
from kangqu.systems.tcm_pharmacy.supervising import words
from kangqu.systems.tcm_pharmacy.supervising.figures import Doctor, Figures
from kangqu.systems.tcm_pharmacy.supervising.lists import Line
from kangqu.web.formats import in_english
from kangqu.web.tables import Column, Listing


def behind(query: str, figure: str, **more: Any) -> str:
    """The address of the cases behind a figure."""
    return f"{reverse('tcm-overview-cases')}?{query}&{urlencode({'figure': figure, **more})}"


@dataclass(frozen=True, slots=True)
class DayRow:
    """One pharmacy on one day."""

    day: date
    pharmacy: str
    code: str
    figures: Figures

    def behind(self, figure: str) -> str:
        return behind(f"since={self.day}&until={self.day}&at={self.code}", figure)


@dataclass(frozen=True, slots=True)
class DoctorRow:
    """One doctor in the range."""

    licence: str
    figures: Doctor
    query: str

    def behind(self, figure: str) -> str:
        return behind(self.query, figure, doctor=self.licence)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case behind a figure, with the pharmacy's name."""

    line: Line
    pharmacy: str


Exported = Callable[[HttpRequest, str, str, Mapping[str, Any]], None]


def _kept(name: str) -> Callable[[HttpRequest, Mapping[str, Any]], Any]:
    """The rows that the page put by for this request, already behind the viewer's door."""
    return lambda request, filters: getattr(request, name)


def _count(figure: str, title: Any, get: Callable[[Any], Any], *, screen: bool = True) -> Column[Any]:
    return Column(
        key=figure, title=title, get=get, kind="number", href=lambda row: row.behind(figure), screen=screen
    )  # fmt: skip


def _station(station: Station) -> Column[DayRow]:
    label = _STATION_TITLES[station]
    return _count(station.value, label, lambda row: row.figures.finished(station))


_STATION_TITLES: Final = {
    Station.REVIEW: _("审方"), Station.DISPENSE: _("调配"), Station.CHECK: _("复核"), Station.SOAK: _("浸泡"),
    Station.BOIL: _("煎煮"), Station.PACK: _("包装"), Station.RELEASE: _("质检放行"), Station.HAND_OUT: _("窗口发药"),
    Station.COURIER: _("配送"),
}  # fmt: skip


def days_table(on_export: Exported) -> Listing[DayRow]:
    return Listing[DayRow](
        name="tcm-days",
        title=_("按天和药房"),
        order="day",
        empty=_("这些天没有处方。"),
        personal=False,
        cards=False,
        rows=_kept("tcm_days"),
        on_export=on_export,
        columns=(
            Column(key="day", title=_("日期"), get=lambda row: row.day, kind="date"),
            Column(key="pharmacy", title=_("中药房"), get=lambda row: row.pharmacy, width=2),
            _count("received", _("收到"), lambda row: row.figures.received),
            *(_station(station) for station in Station),
            _count("on_time", _("按时"), lambda row: row.figures.on_time),
            _count("late", _("晚了"), lambda row: row.figures.late_count),
            _count("unpromised", _("没有约定"), lambda row: row.figures.unpromised, screen=False),
            Column(key="half", title=_("晚（中位，分钟）"), get=lambda row: row.figures.late_at(0.5), kind="number"),
            Column(key="most", title=_("晚（九成内，分钟）"), get=lambda row: row.figures.late_at(0.9), kind="number"),
            _count("decided", _("审过"), lambda row: row.figures.decided, screen=False),
            _count("returned", _("退回医生"), lambda row: row.figures.returned),
            _count("found", _("有审方问题"), lambda row: row.figures.found, screen=False),
            _count("lacking", _("缺资料"), lambda row: row.figures.lacking, screen=False),
            _count("overridden", _("双签放行"), lambda row: row.figures.overridden),
        ),
    )


def doctors_table(on_export: Exported) -> Listing[DoctorRow]:
    return Listing[DoctorRow](
        name="tcm-doctors",
        title=_("按开方医生"),
        order="decided",
        empty=_("这些天没有审过处方。"),
        personal=False,
        rows=_kept("tcm_doctors"),
        on_export=on_export,
        columns=(
            Column(key="name", title=_("医生"), get=lambda row: row.figures.name),
            Column(key="licence", title=_("执业证书编号"), get=lambda row: row.licence, kind="digits"),
            _count("decided", _("审过"), lambda row: row.figures.decided),
            _count("found", _("有审方问题"), lambda row: row.figures.found),
            _count("lacking", _("缺资料"), lambda row: row.figures.lacking),
            _count("overridden", _("双签放行"), lambda row: row.figures.overridden),
            Column(
                key="override", title=_("双签放行占有问题的"), get=lambda row: words.share(row.figures.overridden, row.figures.found)
            ),
            _count("returned", _("退回医生"), lambda row: row.figures.returned),
            Column(key="return", title=_("退回占审过的"), get=lambda row: words.share(row.figures.returned, row.figures.decided)),
        ),
    )  # fmt: skip


_STATES: Final[dict[str, State]] = {state.code: state for state in PRESCRIPTION.states}


def _state(row: CaseRow) -> str:
    state = _STATES[row.line.state]
    return state.title_en if in_english() else state.title


def _stars(row: CaseRow) -> str:
    return str(rated.STARS[row.line.stars]) if row.line.stars else ""


def cases_table(on_export: Exported) -> Listing[CaseRow]:
    return Listing[CaseRow](
        name="tcm-cases",
        title=_("处方"),
        order="at",
        empty=_("没有这样的处方。"),
        personal=True,
        rows=_kept("tcm_cases"),
        on_export=on_export,
        columns=(
            Column(key="number", title=_("处方号"), get=lambda row: row.line.number, href=lambda row: reverse("case", args=[row.line.code])),
            Column(key="at", title=_("时间"), get=lambda row: row.line.at.astimezone(CITY), kind="datetime"),
            Column(key="pharmacy", title=_("中药房"), get=lambda row: row.pharmacy),
            Column(key="state", title=_("现在"), get=_state),
            Column(key="doctor", title=_("医生"), get=lambda row: row.line.doctor),
            Column(key="late", title=_("晚（分钟）"), get=lambda row: row.line.late, kind="number"),
            Column(key="ground", title=_("退回理由"), get=lambda row: ground_word(row.line.ground)),
            Column(key="stars", title=_("患者评价"), get=_stars),
            Column(key="reasons", title=_("评价的理由"), get=lambda row: rated.reason_words(row.line.reasons)),
            Column(key="sentence", title=_("患者的话"), get=lambda row: row.line.sentence),
        ),
    )  # fmt: skip
