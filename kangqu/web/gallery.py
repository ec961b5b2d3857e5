"""``/dev/ui``: every component in every state, in each frame. Served only while developing; tests look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django import forms as django
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.basis.clock import city_day
from kangqu.web import forms
from kangqu.web.frame import MenuItem, add_to_menu
from kangqu.web.icons import ICONS
from kangqu.web.middleware import instant_of
from kangqu.web.tables import Column, Listing

FRAMES: Final = {"resident": "resident.html", "staff": "staff.html", "plain": "plain.html"}
_AT: Final = datetime(2026, 11, 22, 2, 42, tzinfo=UTC)


class Sample(forms.Form):
    """One field of every kind."""

    sections = (
        forms.Section("who", lazy("是谁"), ("name", "id_number", "sex", "birth_date")),
        forms.Section("reach", lazy("怎么联系"), ("phone", "relation", "language")),
    )

    name = forms.NameField()
    id_number = forms.IdNumberField(birth="birth_date", sex="sex", help_text=lazy("18 位，可以有空格"))
    sex = forms.ChoiceField(label=lazy("性别"), choices=[("1", lazy("男")), ("2", lazy("女")), ("9", lazy("未说明"))])
    birth_date = forms.DateField(label=lazy("出生日期"))
    phone = forms.PhoneField(required=False)
    relation = forms.ChoiceField(
        label=lazy("与户主关系"),
        choices=[
            ("", lazy("请选择")),
            ("0", lazy("本人")),
            ("1", lazy("配偶")),
            ("2", lazy("子")),
            ("3", lazy("女")),
            ("4", lazy("孙子女")),
        ],
    )
    language = django.MultipleChoiceField(
        label=lazy("说什么话"),
        required=False,
        widget=django.CheckboxSelectMultiple(),
        choices=[("zh", lazy("普通话")), ("lu", lazy("本地话")), ("en", lazy("英语"))],
    )
    consent = django.BooleanField(label=lazy("本人同意建立健康档案"))
    photo = django.FileField(label=lazy("知情同意书照片"), required=False)
    remark = django.CharField(
        label=lazy("备注"), required=False, max_length=500, widget=django.Textarea(attrs={"rows": 3})
    )


class SignInSample(forms.Form):
    password = forms.PasswordField()
    code = forms.OneTimeCodeField(help_text=lazy("短信里的 6 位数字；收不到可听语音"))


class Filter(forms.Form):
    state = forms.ChoiceField(
        label=lazy("状态"),
        choices=[
            ("", lazy("全部")),
            ("late", lazy("逾期")),
            ("due", lazy("今天")),
            ("ok", lazy("已办")),
            ("wait", lazy("待办")),
        ],
    )
    since = forms.DateField(label=lazy("从哪天起"))


@dataclass(frozen=True, slots=True)
class SampleRow:
    number: str
    name: str
    state: str
    days: int
    at: datetime


def sample_rows(request: HttpRequest, filters: Any) -> list[SampleRow]:
    rows = [
        SampleRow(f"KQ{n:06d}", name, state, n * 137, _AT - timedelta(hours=n * 31))
        for n, (name, state) in enumerate(
            (("王秀兰", "late"), ("李国强", "due"), ("𠮷田·阿卜杜勒", "ok"), ("周小满", "wait"), ("张桂英", "due")),
            start=1,
        )
    ]
    return [row for row in rows if filters.get("state") in (None, "", row.state)]


STATES: Final = {"late": "bad", "due": "warn", "ok": "ok", "wait": "info"}
WORDS: Final = {"late": lazy("逾期 6 天"), "due": lazy("今天"), "ok": lazy("已办"), "wait": lazy("本周")}

LIST: Final = Listing[SampleRow](
    name="sample",
    title=lazy("随访清单"),
    order="-days",
    form=Filter,
    rows=sample_rows,
    empty=lazy("这个条件下没有人。"),
    columns=(
        Column(key="name", title=lazy("姓名"), get=lambda row: row.name, sort="name", href=lambda row: "/dev/ui?frame=staff"),
        Column(key="number", title=lazy("编号"), get=lambda row: row.number, kind="digits"),
        Column(key="state", title=lazy("状态"), get=lambda row: WORDS[row.state], status=lambda row: STATES[row.state]),
        Column(key="days", title=lazy("累计天数"), get=lambda row: row.days, kind="number", sort="days"),
        Column(key="at", title=lazy("上次"), get=lambda row: row.at, kind="datetime", sort="at"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleEvent:
    at: datetime
    title: str
    text: str
    href: str


_TABS: Final = (
    ("home", lazy("首页"), "home"),
    ("code", lazy("亮码"), "code"),
    ("record", lazy("档案"), "file"),
    ("me", lazy("我的"), "user"),
)
add_to_menu(
    "dev",
    *(
        MenuItem(
            key=key, label=label, icon=drawn, view="components", order=place, group="today", group_label=lazy("今天")
        )
        for place, (key, label, drawn) in enumerate(_TABS)
    ),
)


def components(request: HttpRequest) -> HttpResponseBase:
    """The sheet of components, in the frame ``?frame=`` names; there is none outside development."""
    if not settings.KANGQU_DEVELOPMENT:
        raise Http404
    frame = request.GET.get("frame", "staff")
    messages.success(request, _("已接收这位病人的转诊。"), extra_tags="undo:/dev/ui")
    bad = Sample(
        {"name": "王\u200b秀兰", "id_number": "370303196203011", "sex": "2", "birth_date": "2999-01-01", "phone": "123"}
    )
    events = [
        SampleEvent(_AT, _("量血压 168/102"), _("柳沟村卫生室 · 未达标，两周内再随访"), "/dev/ui"),
        SampleEvent(_AT - timedelta(days=81), _("高血压随访"), "", ""),
    ]
    context = {
        "frame_template": FRAMES.get(frame, "staff.html"),
        "blank": Sample(initial={"sex": "2", "birth_date": date(1962, 3, 1)}),
        "bad": bad,
        "sign_in": SignInSample(auto_id="si_%s"),
        "page": LIST.page(request),
        "nothing": Listing[SampleRow](
            name="nothing", title=lazy("空清单"), order="days", rows=lambda request, filters: [], empty=lazy("今天没有任务了。"), columns=LIST.columns
        ).page(request),
        "events": events,
        "today": city_day(instant_of(request)),
        "icons": list(ICONS),
        "person": {
            "name": "王秀兰", "sex": _("女"), "age": _("64 岁"), "id_masked": "3703 **** **** 1246", "phone_masked": "138 **** 0001",
            "address": _("张店区马尚街道"), "labels": [("bad", _("高血压 未达标")), ("info", _("签约"))], "alerts": [_("青霉素过敏")],
        },
    }  # fmt: skip
    if request.GET.get("format"):
        return LIST.respond(request, "gallery.html", context, at=instant_of(request), by="demo")
    return render(request, "gallery.html", context)
