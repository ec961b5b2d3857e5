"""Staff: who holds which role where, accounts opened and closed, roles given and taken, four eyes for administrators."""

from __future__ import annotations

import random
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access import accounts, practice
from kangqu.kernel.access.models import LicenceKind
from kangqu.kernel.access.operations import all_operations
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.administration import forms
from kangqu.systems.administration.operations import ROLES_READ, STAFF_READ, STAFF_WRITE
from kangqu.web.asking import ask, confirm
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_CHANCE = random.SystemRandom()
_SHOWN = 50


@serves(STAFF_READ)
def staff(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    form = forms.StaffFilter(request.GET or None)
    text = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    rows = accounts.staff_in_scope(viewer, text=text, limit=_SHOWN)
    context = {
        "form": form,
        "rows": rows,
        "licences": practice.licences_of([row.account.pk for row in rows]),
        "at": instant_of(request),
        "shown": _SHOWN,
        "may_write": viewer.holding(STAFF_WRITE.roles) != (),
        "me": viewer.account_id,
        "role_name": _role_name,
    }
    return render(request, "administration/staff.html", context, status=422 if form.errors else 200)


def _role_name(code: str) -> str:
    return Role(code).titled(get_language() or "zh-hans")


def _show_password(request: HttpRequest, opened: accounts.Opened) -> HttpResponse:
    """The one-time password, on this one answer."""
    shown = render(request, "administration/password.html", {"opened": opened})
    shown["Cache-Control"] = "no-store"
    return shown


@serves(STAFF_WRITE)
def open_account(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def write(values: dict[str, Any]) -> HttpResponse:
        opened = accounts.open_staff_account(
            username=values["username"],
            display_name=values["display_name"],
            role=Role(values["role"]),
            institution_code=values["institution"].strip().upper(),
            by=viewer,
            at=instant_of(request),
            rng=_CHANCE,
        )
        return _show_password(request, opened)

    form = forms.AccountForm(request.POST or None, initial={"institution": request.GET.get("institution", "")})
    return ask(request, form, write, title=_("开户"), back=reverse("staff"))


@serves(STAFF_WRITE)
def give_role(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    row = _row(viewer, number)

    def write(values: dict[str, Any]) -> HttpResponse:
        grant = accounts.grant_role(
            account_id=number,
            role=Role(values["role"]),
            institution_code=values["institution"].strip().upper(),
            by=viewer,
            at=instant_of(request),
        )
        messages.success(request, _("已登记，等另一位安全管理员确认。") if grant.waits else _("已给角色。"))
        return redirect("staff")

    title = _("给 %(name)s 角色") % {"name": row.account.display_name}
    return ask(request, forms.GrantForm(request.POST or None), write, title=title, back=reverse("staff"))


@serves(STAFF_WRITE)
def licence(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Register the licence under which somebody practises, and her special rights: in place of the one before."""
    row = _row(viewer, number)
    known = practice.licence_of(number)
    initial: dict[str, Any] = {}
    if known is not None:
        initial = {"kind": known.kind.value, "number": known.number, "valid_until": known.until}
        initial |= {right.value: True for right in known.rights}
    form = forms.PractisingForm(request.POST or None, initial=initial)

    def write(values: dict[str, Any]) -> HttpResponse:
        practice.set_licence(
            number,
            kind=LicenceKind(values["kind"]),
            number=values["number"],
            valid_until=values["valid_until"],
            rights=form.rights,
            by=viewer,
            at=instant_of(request),
        )
        messages.success(request, _("执业证已登记。"))
        return redirect("staff")

    title = _("%(name)s 的执业证和特殊处方权") % {"name": row.account.display_name}
    return ask(request, form, write, title=title, back=reverse("staff"))


@serves(STAFF_WRITE)
def end_licence(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Take a licence off an account, after saying what it means."""
    row = _row(viewer, number)
    if practice.licence_of(number) is None:
        raise Refused(NOT_FOUND)
    if request.method == "POST":
        practice.end_licence(number, reason="", by=viewer, at=instant_of(request))
        messages.success(request, _("执业证登记已注销。"))
        return redirect("staff")
    sentence = _("注销 %(name)s 的执业证登记：不能再开处方，特殊处方权同时取消。") % {"name": row.account.display_name}
    return confirm(request, _("注销执业证登记"), sentence, reverse("staff"))


def _row(viewer: Viewer, number: int) -> accounts.StaffRow:
    """The account of a number, when the viewer administers it."""
    account = accounts.account_numbered(number)
    found = [row for row in accounts.staff_in_scope(viewer, text=account.username) if row.account.pk == number]
    if not found:
        raise Refused(NOT_FOUND)
    return found[0]


@serves(STAFF_WRITE)
def act_on_grant(request: HttpRequest, viewer: Viewer, number: int, grant: int, act: str) -> HttpResponse:
    """Confirm or end a grant, after saying what it means."""
    row = _row(viewer, number)
    held = next((each for each in row.grants if each.pk == grant), None)
    if held is None:
        raise Refused(NOT_FOUND)
    if request.method == "POST":
        verb = accounts.confirm_grant if act == "confirm" else accounts.end_grant
        verb(grant_id=grant, by=viewer, at=instant_of(request))
        messages.success(request, _("已办好。"))
        return redirect("staff")
    facts = {"name": row.account.display_name, "role": f"{_role_name(held.role)} · {held.institution.name}"}
    if act == "confirm":
        title, sentence = _("确认角色"), _("确认 %(name)s 的角色“%(role)s”，立即生效。") % facts
    else:
        title, sentence = _("收回角色"), _("收回 %(name)s 的角色“%(role)s”，对方的登录同时结束。") % facts
    return confirm(request, title, sentence, reverse("staff"))


@serves(STAFF_WRITE)
def act_on_account(request: HttpRequest, viewer: Viewer, number: int, act: str) -> HttpResponse:
    """Reset or close an account, after saying what it means."""
    row = _row(viewer, number)
    if request.method == "POST" and act == "reset":
        return _show_password(
            request, accounts.reset_account(account_id=number, by=viewer, at=instant_of(request), rng=_CHANCE)
        )
    if request.method == "POST":
        accounts.close_account(account_id=number, by=viewer, at=instant_of(request))
        messages.success(request, _("账户已关闭。"))
        return redirect("staff")
    facts = {"name": row.account.display_name}
    if act == "reset":
        title, sentence = (
            _("重置密码"),
            _("给 %(name)s 一个新的一次性密码，动态口令要重新绑定，现有登录全部结束。") % facts,
        )
    else:
        title, sentence = _("关闭账户"), _("关闭 %(name)s 的账户：角色、登录和令牌立即失效，不能恢复。") % facts
    return confirm(request, title, sentence, reverse("staff"))


@serves(ROLES_READ)
def roles(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The matrix: operations down, roles across, in each cell on whose data."""
    english = in_english()
    shown = [role for role in Role if any(role in each.roles for each in all_operations().values())]
    lines = [
        (
            each.title_en if english else each.title,
            each.name,
            [each.reach.value if role in each.roles else "" for role in shown],
        )
        for each in sorted(all_operations().values(), key=lambda each: each.name)
        if not each.public
    ]
    return render(request, "administration/roles.html", {"roles": [_role_name(role) for role in shown], "lines": lines})


urlpatterns = [
    path("a/people", staff, name="staff"),
    path("a/people/open", open_account, name="staff-open"),
    path("a/people/<int:number>/role", give_role, name="staff-role"),
    path("a/people/<int:number>/licence", licence, name="staff-licence"),
    path("a/people/<int:number>/licence/end", end_licence, name="staff-licence-end"),
    *[
        path(f"a/people/<int:number>/{act}", act_on_account, {"act": act}, name=f"staff-{act}")
        for act in ("reset", "close")
    ],
    *[
        path(f"a/people/<int:number>/roles/<int:grant>/{act}", act_on_grant, {"act": act}, name=f"grant-{act}")
        for act in ("confirm", "end")
    ],
    path("a/roles", roles, name="roles"),
]
