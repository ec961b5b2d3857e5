"""The forms of a clinic and its roster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.capacity.kinds import CHANNELS
from kangqu.kernel.capacity.models import LONGEST_SLOT
from kangqu.systems.appointments.rosters.rows import MOST_ROWS, MOST_SEATS, SHORTEST, Asked
from kangqu.web.forms import ChoiceField, DateField, Form

WEEKDAYS: Final = (
    ("1", _("周一")), ("2", _("周二")), ("3", _("周三")), ("4", _("周四")), ("5", _("周五")), ("6", _("周六")), ("7", _("周日")),
)  # fmt: skip
LEVELS: Final = (("general", _("普通")), ("expert", _("专家")), ("special", _("特需")))
CHANNEL_WORDS: Final = {
    "citizen": _("居民"), "referral": _("转诊"), "green": _("绿色通道"), "onsite": _("现场"), "returning": _("复诊"),
}  # fmt: skip
BLANK: Final = 3


class ClinicForm(Form):
    """A clinic to be, of one of the institution's departments."""

    department = ChoiceField(label=_("科室"), choices=())
    title = django.CharField(label=_("门诊名称"), max_length=60, help_text=_("如：骨科普通门诊、王医生专家门诊"))
    level = ChoiceField(label=_("号别"), choices=LEVELS)
    doctor = ChoiceField(label=_("医生"), choices=(), required=False)
    room = django.CharField(label=_("诊室"), max_length=30, required=False)
    fee = django.DecimalField(
        label=_("诊查费（元）"), min_value=0, max_value=10_000, decimal_places=2, max_digits=7, required=False
    )
    on_holidays = django.BooleanField(label=_("节假日照常开诊"), required=False)

    def __init__(
        self, *args: Any, departments: Sequence[tuple[str, str]], doctors: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = departments  # type: ignore[attr-defined]
        self.fields["doctor"].choices = [("", _("不固定")), *doctors]  # type: ignore[attr-defined]


def _seats(channel: str) -> django.IntegerField:
    return django.IntegerField(label=CHANNEL_WORDS[channel], min_value=0, max_value=MOST_SEATS, required=False)


class RowForm(Form):
    """A row of the roster; without a beginning it is left out."""

    weekday = ChoiceField(label=_("星期"), choices=WEEKDAYS)
    begins = django.TimeField(
        label=_("开始"), required=False, widget=django.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends = django.TimeField(
        label=_("结束"), required=False, widget=django.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    slot_minutes = django.IntegerField(label=_("每段分钟"), min_value=SHORTEST, max_value=LONGEST_SLOT, initial=30)
    citizen, referral, green = _seats("citizen"), _seats("referral"), _seats("green")
    onsite, returning = _seats("onsite"), _seats("returning")
    off_peak = django.BooleanField(label=_("错时"), required=False)
    since = DateField(label=_("从哪天起"), required=False)
    until = DateField(label=_("到哪天止"), required=False)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("begins") and not told.get("ends") and "ends" not in self.errors:
            self.add_error("ends", _("请填写结束时间"))
        return told

    def asked(self) -> Asked | None:
        told = self.cleaned_data
        if not told.get("begins"):
            return None
        return Asked(
            weekday=int(told["weekday"]), begins=told["begins"], ends=told["ends"], slot_minutes=told["slot_minutes"],
            quotas={channel: told[channel] for channel in CHANNELS if told[channel]}, off_peak=told["off_peak"],
            since=told["since"] or date(2000, 1, 1), until=told["until"],
        )  # fmt: skip


ROWS: Final = django.formset_factory(RowForm, extra=BLANK, max_num=MOST_ROWS, absolute_max=MOST_ROWS)


def initial_of(rows: Sequence[Asked]) -> list[dict[str, Any]]:
    """The roster as the form shows it."""
    return [
        {
            "weekday": str(row.weekday), "begins": row.begins, "ends": row.ends, "slot_minutes": row.slot_minutes, **row.quotas,
            "off_peak": row.off_peak, "since": row.since if row.since > date(2000, 1, 1) else None, "until": row.until,
        }
        for row in rows
    ]  # fmt: skip


class DayForm(Form):
    """A day on which it is otherwise."""

    day = DateField(label=_("日期"))
    how = ChoiceField(label=_("怎么办"), choices=(("closed", _("停诊一天")), ("usual", _("恢复照常"))))
    why = django.CharField(label=_("原因"), max_length=100, required=False)


class CopyForm(Form):
    """A week to be copied onto those after it."""

    monday = DateField(label=_("哪一周（填周一的日期）"))
    weeks = django.IntegerField(label=_("复制到后面几周"), min_value=1, max_value=12, initial=1)

    def clean_monday(self) -> date:
        day: date = self.cleaned_data["monday"]
        if day.isoweekday() != 1:
            raise django.ValidationError(_("请填写周一的日期"), code="monday")
        return day
