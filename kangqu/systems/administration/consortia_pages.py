"""Consortia (医联体, 医共体, 专科联盟): the list, one of them with its members, founding, joining, leaving."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.places import actions
from kangqu.systems.administration import forms, reads
from kangqu.systems.administration.operations import CONSORTIA_WRITE, PLACES_READ
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves, viewer_of
from kangqu.web.tables import Column, Listing

CONSORTIA = Listing[Any](
    name="consortia",
    title=lazy("联合体"),
    order="name",
    form=forms.ConsortiumFilter,
    empty=lazy("没有这样的联合体。"),
    personal=False,
    rows=lambda request, filters: reads.consortia_in_reach(viewer_of(request), PLACES_READ, filters),
    columns=(
        Column(
            key="name",
            title=lazy("名称"),
            get=lambda row: row.name,
            sort="name",
            href=lambda row: reverse("consortium", args=[row.pk]),
        ),
        Column(key="kind", title=lazy("类型"), get=lambda row: _(row.get_kind_display())),
        Column(key="leader", title=lazy("牵头单位"), get=lambda row: row.leader.name),
        Column(key="members", title=lazy("成员数"), get=lambda row: row.members_now, kind="number"),
    ),
)


@serves(PLACES_READ)
def consortia(request: HttpRequest, viewer: Viewer) -> HttpResponseBase:
    facts = {"may_write": viewer.may(CONSORTIA_WRITE) is None}
    return CONSORTIA.respond(
        request, "administration/consortia.html", facts, at=instant_of(request), by=viewer.display_name
    )


@serves(PLACES_READ)
def consortium(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    found = reads.consortium_in_reach(viewer, PLACES_READ, number)
    facts = {
        "consortium": found,
        "members": reads.members_of(found, viewer, PLACES_READ),
        "may_write": viewer.reaches(found.leader.path, CONSORTIA_WRITE.roles) is not None,
    }
    return render(request, "administration/consortium.html", facts)


@serves(CONSORTIA_WRITE)
def found_consortium(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Found a consortium led by an institution within reach."""

    def write(given: dict[str, Any]) -> HttpResponse:
        leader, held = reads.institution_named(viewer, CONSORTIA_WRITE, given["leader"], field="leader")
        by, at = viewer.actor(held=held), instant_of(request)
        made = actions.form_consortium(
            kind=given["kind"], name=given["name"], leader=leader, on=given["on"], by=by, at=at
        )
        messages.success(request, _("已成立：%(name)s") % {"name": made.name})
        return redirect("consortium", made.pk)

    form = forms.ConsortiumForm(request.POST or None, initial={"leader": request.GET.get("leader", "")})
    return ask(request, form, write, title=_("成立联合体"), back=reverse("consortia"))


@serves(CONSORTIA_WRITE)
def join(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Take an institution in: leader and member both within reach."""
    found, held = reads.consortium_led_in_reach(viewer, CONSORTIA_WRITE, number)

    def write(given: dict[str, Any]) -> HttpResponse:
        member, _held = reads.institution_named(viewer, CONSORTIA_WRITE, given["institution"], field="institution")
        actions.join_consortium(found, member, on=given["on"], by=viewer.actor(held=held), at=instant_of(request))
        messages.success(request, _("%(name)s 已加入。") % {"name": member.name})
        return redirect("consortium", number)

    title = _("加入成员 · %(name)s") % {"name": found.name}
    return ask(
        request, forms.JoinForm(request.POST or None), write, title=title, back=reverse("consortium", args=[number])
    )


@serves(CONSORTIA_WRITE)
def leave(request: HttpRequest, viewer: Viewer, number: int, code: str) -> HttpResponse:
    """End a membership from a day on."""
    found, held = reads.consortium_led_in_reach(viewer, CONSORTIA_WRITE, number)
    member = reads.member_of(found, code)

    def write(given: dict[str, Any]) -> HttpResponse:
        actions.leave_consortium(found, member, on=given["on"], by=viewer.actor(held=held), at=instant_of(request))
        messages.success(request, _("%(name)s 已退出。") % {"name": member.name})
        return redirect("consortium", number)

    title = _("%(name)s 退出") % {"name": member.name}
    return ask(
        request, forms.LeaveForm(request.POST or None), write, title=title, back=reverse("consortium", args=[number])
    )


urlpatterns = [
    path("a/consortia", consortia, name="consortia"),
    path("a/consortia/found", found_consortium, name="consortium-found"),
    path("a/consortia/<int:number>", consortium, name="consortium"),
    path("a/consortia/<int:number>/join", join, name="consortium-join"),
    path("a/consortia/<int:number>/members/<str:code>/leave", leave, name="consortium-leave"),
]
