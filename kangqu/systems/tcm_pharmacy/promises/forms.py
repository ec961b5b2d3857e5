"""The forms of the floor: hours and hands, a courier's round, a promise moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from django import forms as django
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kangqu.systems.tcm_pharmacy.models import Floor
from kangqu.systems.tcm_pharmacy.promises.floor import HANDS
from kangqu.systems.tcm_pharmacy.promises.records import MOST_HANDS
from kangqu.web import forms

WEEKDAYS: Final = (
    ("1", _("周一")),
    ("2", _("周二")),
    ("3", _("周三")),
    ("4", _("周四")),
    ("5", _("周五")),
    ("6", _("周六")),
    ("7", _("周日")),
)
_SPAN: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-–—~至]\s*([01]?[0-9]|2[0-4]):([0-5][0-9])")
_DAY: Final = 1440
MOST_REACHES: Final = 300
LONGEST: Final = 2 * _DAY  # minutes on the road


class HoursField(django.CharField):
    """Opening hours of a day: "08:00-20:00", empty when closed. Answers [from, until] in minutes, or None.

    An end that is not after the beginning lies on the next day.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=20, **options)
        self.widget.attrs["placeholder"] = "08:00-20:00"

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).replace("：", ":").strip()
        if not text:
            return None
        found = _SPAN.fullmatch(text)
        if found is None:
            raise ValidationError(_("营业时间写成 08:00-20:00，休息就空着"), code="hours")
        start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        return [start, end if end > start else end + _DAY]


class ReachesField(django.CharField):
    """A line for each district: its 6 digits and the minutes until the round is there. Answers [(district, minutes), …]."""

    widget = django.Textarea(attrs={"rows": 5})

    def clean(self, value: Any) -> Any:
        lines = [line.split() for line in str(super().clean(value)).splitlines() if line.strip()]
        rows = [(line[0], int(line[1])) for line in lines if _reach(line)]
        if len(rows) < len(lines) or len({row[0] for row in rows}) < len(rows) or len(rows) > MOST_REACHES:
            raise ValidationError(_("每行写区县代码和分钟数，例如 370303 40，不重复"), code="reaches")
        return rows


def _reach(line: Sequence[str]) -> bool:
    return (
        len(line) == 2
        and re.fullmatch(r"[0-9]{6}", line[0]) is not None
        and re.fullmatch(r"[0-9]{1,4}", line[1]) is not None
        and int(line[1]) <= LONGEST
    )


def _hands(label: Any) -> django.IntegerField:
    return django.IntegerField(label=label, min_value=0, max_value=MOST_HANDS)


class FloorForm(forms.Form):
    day1 = HoursField(label=_("周一"))
    day2 = HoursField(label=_("周二"))
    day3 = HoursField(label=_("周三"))
    day4 = HoursField(label=_("周四"))
    day5 = HoursField(label=_("周五"))
    day6 = HoursField(label=_("周六"))
    day7 = HoursField(label=_("周日"))
    reviewers = _hands(_("审方人数"))
    dispensers = _hands(_("调配人数"))
    checkers = _hands(_("复核人数"))
    tenders = _hands(_("煎药人数"))
    packers = _hands(_("包装人数"))
    counters = _hands(_("发药人数"))
    takes_outside = django.BooleanField(label=_("接收外院处方"), required=False)
    sections = (
        forms.Section("hours", _("营业时间"), ("day1", "day2", "day3", "day4", "day5", "day6", "day7")),
        forms.Section("hands", _("同时在岗人数"), (*HANDS, "takes_outside")),
    )


def shown_floor(floor: Floor | None) -> dict[str, Any]:
    """What is filled in already."""
    if floor is None:
        return {"takes_outside": True}
    days = {f"day{number}": span_text(span) for number, span in enumerate(floor.hours, 1)}
    return days | {name: getattr(floor, name) for name in (*HANDS, "takes_outside")}


def span_text(span: Sequence[int] | None) -> str:
    """Opening hours as they are written; past midnight as the next day's time."""
    if span is None:
        return ""
    end = span[1] if span[1] <= _DAY else span[1] - _DAY
    return f"{clock_text(span[0])}-{clock_text(end)}"


def clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


class RoundForm(forms.Form):
    name = django.CharField(label=_("车次名称"), max_length=40)
    weekdays = django.MultipleChoiceField(label=_("周几"), choices=WEEKDAYS, widget=django.CheckboxSelectMultiple())
    departs = django.TimeField(label=_("发车时间"), widget=django.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    parcels = django.IntegerField(label=_("最多带几件"), min_value=1, max_value=10_000)
    reaches = ReachesField(
        label=_("到哪些区县，几分钟到"), max_length=4_000, help_text=_("每行一个：区县代码（6 位）空格 分钟数")
    )
