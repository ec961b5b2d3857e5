"""Institutions: the list, one of them, and everything that is written about it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.places import actions
from kangqu.kernel.places.reads import institution_line
from kangqu.systems.administration import forms, reads
from kangqu.systems.administration.operations import DEVICES_WRITE, PLACES_READ, PLACES_WRITE, SERVED_WRITE
from kangqu.web.asking import ask, confirm
from kangqu.web.forms import Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves, viewer_of
from kangqu.web.tables import Column, Listing

_CHANCE = random.SystemRandom()

PLACES = Listing[Any](
    name="places",
    title=lazy("机构"),
    order="name_pinyin",
    form=forms.PlaceFilter,
    empty=lazy("没有这样的机构。"),
    personal=False,
    rows=lambda request, filters: reads.institutions_in_reach(viewer_of(request), PLACES_READ, filters),
    columns=(
        Column(
            key="name",
            title=lazy("名称"),
            get=lambda row: row.name,
            sort="name_pinyin",
            href=lambda row: reverse("place", args=[row.code]),
        ),
        Column(key="kind", title=lazy("类别"), get=lambda row: _(row.get_kind_display())),
        Column(key="region", title=lazy("地区"), get=lambda row: row.region.name),
        Column(key="parent", title=lazy("上级"), get=lambda row: row.parent.name if row.parent else ""),
        Column(key="uscc", title=lazy("统一社会信用代码"), get=lambda row: row.uscc or "", kind="digits"),
        Column(key="code", title=lazy("编码"), get=lambda row: row.code, kind="digits"),
        Column(
            key="status",
            title=lazy("状态"),
            get=lambda row: _(row.get_status_display()),
            status=lambda row: "ok" if row.closed_on is None else "info",
        ),
    ),
)


@serves(PLACES_READ)
def places(request: HttpRequest, viewer: Viewer) -> HttpResponseBase:
    may_open = viewer.may(PLACES_WRITE) is None
    return PLACES.respond(
        request, "administration/places.html", {"may_open": may_open}, at=instant_of(request), by=viewer.display_name
    )


@serves(PLACES_READ)
def place(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    institution, _held = reads.institution_in_reach(viewer, PLACES_READ, code)
    return render(
        request,
        "administration/place.html",
        {
            "place": institution,
            "above": [(each.name, _address_within(viewer, each)) for each in institution_line(institution)[:-1]],
            "licences": [_told_licence(each) for each in institution.licences.order_by("kind", "number")],
            "departments": [
                " · ".join(filter(None, (each.name, each.code))) for each in institution.departments.order_by("name")
            ],
            "posts": [
                f"{each.title} · {Role(each.role).titled(get_language() or 'zh-hans')} × {each.places}"
                for each in institution.posts.order_by("title")
            ],
            "devices": reads.devices_of(institution),
            "served": reads.divisions_served(institution),
            "may_assign": reads.may_assign(viewer, SERVED_WRITE, institution),
            "consortia": reads.consortia_of(institution),
            "may_write": viewer.reaches(institution.path, PLACES_WRITE.roles) is not None,
        },
    )


def _address_within(viewer: Viewer, institution: Any) -> str:
    """Where an institution above opens; nowhere when it is out of the viewer's reach."""
    reached = viewer.reaches(institution.path, PLACES_READ.roles)
    return reverse("place", args=[institution.code]) if reached else ""


def _told_licence(licence: Any) -> str:
    kinds = dict(forms.LicenceForm.base_fields["kind"].choices)  # type: ignore[attr-defined]
    until = licence.valid_to.isoformat() if licence.valid_to else _("长期")
    return f"{kinds.get(licence.kind, licence.kind)} · {licence.number} · {licence.valid_from.isoformat()} – {until}"


@dataclass(frozen=True, slots=True)
class _Writing:
    """A form that writes something about one institution: what it is called and the verb it calls."""

    form: type[Form]
    title: Any
    verb: Callable[..., Any]


_WRITINGS = {
    "licence": _Writing(forms.LicenceForm, lazy("登记证照"), actions.add_licence),
    "department": _Writing(forms.DepartmentForm, lazy("设科室"), actions.add_department),
    "post": _Writing(forms.PostForm, lazy("设岗位"), actions.add_post),
    "close": _Writing(forms.CloseForm, lazy("停业"), actions.close_institution),
}


@serves(PLACES_WRITE)
def open_place(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Open an institution under the one with ``code``."""
    parent, held = reads.institution_in_reach(viewer, PLACES_WRITE, code)

    def write(values: dict[str, Any]) -> HttpResponseRedirect:
        opened = actions.open_institution(
            **values, parent=parent, by=viewer.actor(held=held), at=instant_of(request), rng=_CHANCE
        )
        messages.success(request, _("已开设：%(name)s") % {"name": opened.name})
        return redirect("place", opened.code)

    form = forms.PlaceForm(request.POST or None, initial={"region": parent.region_id})
    return _ask(request, form, _("在 %(name)s 下开设机构") % {"name": parent.name}, code, write)


@serves(PLACES_WRITE)
def change_place(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    institution, held = reads.institution_in_reach(viewer, PLACES_WRITE, code)

    def write(values: dict[str, Any]) -> HttpResponseRedirect:
        actions.change_institution(institution, by=viewer.actor(held=held), at=instant_of(request), **values)
        messages.success(request, _("已保存。"))
        return redirect("place", code)

    names = [name for name in forms.PlaceForm.base_fields if name != "kind"]
    initial = {name: getattr(institution, "region_id" if name == "region" else name) for name in names}
    form = forms.PlaceForm(request.POST or None, initial=initial)
    del form.fields["kind"]
    return _ask(request, form, _("修改：%(name)s") % {"name": institution.name}, code, write)


@serves(PLACES_WRITE)
def write_about(request: HttpRequest, viewer: Viewer, code: str, what: str) -> HttpResponse:
    """Licences, departments, posts, closing: each a form and a verb."""
    institution, held = reads.institution_in_reach(viewer, PLACES_WRITE, code)
    writing = _WRITINGS[what]

    def write(values: dict[str, Any]) -> HttpResponseRedirect:
        writing.verb(institution, by=viewer.actor(held=held), at=instant_of(request), **values)
        messages.success(request, _("已保存。"))
        return redirect("place", code)

    return _ask(request, writing.form(request.POST or None), f"{writing.title} · {institution.name}", code, write)


@serves(PLACES_WRITE)
def move_place(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Hang an institution under another, both within reach."""
    institution, held = reads.institution_in_reach(viewer, PLACES_WRITE, code)

    def write(values: dict[str, Any]) -> HttpResponseRedirect:
        above, _held = reads.institution_in_reach(viewer, PLACES_WRITE, values["to"].strip().upper())
        actions.move_institution(institution, to=above, by=viewer.actor(held=held), at=instant_of(request))
        messages.success(request, _("已移到 %(name)s 下。") % {"name": above.name})
        return redirect("place", code)

    title = _("移动：%(name)s") % {"name": institution.name}
    return _ask(request, forms.MoveForm(request.POST or None), title, code, write)


@serves(PLACES_WRITE)
def open_station(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    institution, held = reads.institution_in_reach(viewer, PLACES_WRITE, code)

    def write(values: dict[str, Any]) -> HttpResponseRedirect:
        actions.open_station(institution, **values, by=viewer.actor(held=held), at=instant_of(request), rng=_CHANCE)
        messages.success(request, _("已设扫码点。"))
        return redirect("place", code)

    title = _("设扫码点 · %(name)s") % {"name": institution.name}
    return _ask(request, forms.StationForm(request.POST or None), title, code, write)


@serves(PLACES_WRITE)
def close_station(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    station, held = reads.station_in_reach(viewer, PLACES_WRITE, code)
    if request.method == "POST":
        actions.close_station(station, by=viewer.actor(held=held), at=instant_of(request))
        messages.success(request, _("扫码点已关闭，它的设备已停用。"))
        return redirect("place", station.institution.code)
    sentence = _("关闭扫码点“%(name)s”，上面的设备同时停用。") % {"name": station.name}
    return confirm(request, _("关闭扫码点"), sentence, reverse("place", args=[station.institution.code]))


@serves(DEVICES_WRITE)
def register_device(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Register a device; its token is shown on this one answer and kept nowhere."""
    station, held = reads.station_in_reach(viewer, DEVICES_WRITE, code)

    def write(values: dict[str, Any]) -> HttpResponse:
        registered = actions.register_device(
            station, **values, by=viewer.actor(held=held), at=instant_of(request), entropy=os.urandom
        )
        shown = render(request, "administration/device_token.html", {"registered": registered, "station": station})
        shown["Cache-Control"] = "no-store"
        return shown

    title = _("登记设备 · %(name)s") % {"name": station.name}
    return _ask(request, forms.DeviceForm(request.POST or None), title, station.institution.code, write)


@serves(DEVICES_WRITE)
def revoke_device(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    device, held = reads.device_in_reach(viewer, DEVICES_WRITE, number)
    back = device.station.institution.code
    if request.method == "POST":
        actions.revoke_device(device, by=viewer.actor(held=held), at=instant_of(request))
        messages.success(request, _("设备已停用，它的令牌不能再用。"))
        return redirect("place", back)
    sentence = _("停用设备“%(name)s”，它的令牌立即失效，不能恢复。") % {"name": device.name}
    return confirm(request, _("停用设备"), sentence, reverse("place", args=[back]))


def _ask(
    request: HttpRequest, form: Form, title: str, code: str, write: Callable[[dict[str, Any]], HttpResponse]
) -> HttpResponse:
    return ask(request, form, write, title=title, back=reverse("place", args=[code]))


urlpatterns = [
    path("a/orgs", places, name="places"),
    path("a/orgs/<str:code>", place, name="place"),
    path("a/orgs/<str:code>/open", open_place, name="place-open"),
    path("a/orgs/<str:code>/change", change_place, name="place-change"),
    path("a/orgs/<str:code>/move", move_place, name="place-move"),
    path("a/orgs/<str:code>/station", open_station, name="station-open"),
    *[
        path(f"a/orgs/<str:code>/{what}", write_about, {"what": what}, name=f"place-{what}")
        for what in ("licence", "department", "post", "close")
    ],
    path("a/stations/<str:code>/close", close_station, name="station-close"),
    path("a/stations/<str:code>/device", register_device, name="device-register"),
    path("a/devices/<int:number>/revoke", revoke_device, name="device-revoke"),
]
