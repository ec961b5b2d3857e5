"""疫苗库存: what is in which fridge, what is open and until when; received, moved, opened, written off, counted."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.vaccination.clinic import forms, reads
from kangqu.systems.vaccination.definition import STORE
from kangqu.systems.vaccination.forms import product_name
from kangqu.systems.vaccination.stock import actions
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

WHAT: Final = ("waste", "count", "open", "move")


def _doing(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    held: Held = viewer.holding(STORE.roles)[0]
    by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
    return {"institution_id": held.institution_id, "by": by, "at": instant_of(request)}


def _key(form_data: Any) -> dict[str, Any]:
    return {} if form_data else {"initial": {"key": secrets.token_hex(16)}}


@serves(STORE)
@require_http_methods(["GET", "HEAD"])
def store(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every lot by the day it expires, and the opened vials."""
    at, place = instant_of(request), viewer.holding(STORE.roles)[0].institution_id
    shown = {
        "stocks": reads.in_store(place), "vials": reads.open_vials(place), "today": city_day(at), "at": at, "name_of": product_name,
    }  # fmt: skip
    return render(request, "vaccination/store.html", shown)


@serves(STORE)
@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """A delivery. The same form sent twice is one delivery."""

    def write(given: dict[str, Any]) -> HttpResponse:
        names = ("vaccine", "maker", "number", "expires_on", "doses_per_vial")
        lot = actions.register_lot(**{name: given[name] for name in names})
        doing = _doing(request, viewer)
        actions.receive(lot, fridge=given["fridge"], vials=given["vials"], key=given["key"], **doing)
        messages.success(request, _("已入库。"))
        return redirect("vaccination-store")

    form = forms.Receive(request.POST or None, **_key(request.POST))
    return ask(request, form, write, title=_("疫苗入库"), back=reverse("vaccination-store"))


@serves(STORE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, viewer: Viewer, number: int, what: str) -> HttpResponse:
    """Write vials off, count them, or open one."""
    if what not in WHAT or not 0 < number < 2**63:
        raise Refused(NOT_FOUND)

    def write(given: dict[str, Any]) -> HttpResponse:
        doing = _doing(request, viewer)
        if what == "waste":
            actions.waste(number, given["vials"], why=given["why"], key=given["key"], **doing)
        elif what == "move":
            actions.move(number, given["vials"], fridge=given["fridge"], key=given["key"], **doing)
        elif what == "count":
            actions.count(number, given["vials"], why=given["why"], key=given["key"], **doing)
        else:
            actions.open_vial(number, key=given["key"], **doing)
        messages.success(request, _("已记下。"))
        return redirect("vaccination-store")

    titles = {"waste": _("疫苗报损"), "count": _("疫苗盘点"), "open": _("开启一支疫苗"), "move": _("疫苗移库")}
    kind = {"open": forms.Opening, "move": forms.Moving}.get(what, forms.Vials)
    form = kind(request.POST or None, **_key(request.POST))
    return ask(request, form, write, title=titles[what], back=reverse("vaccination-store"))


@serves(STORE)
@require_POST
def discard(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Throw away the opened vials whose time is over."""
    done = actions.discard_over(**_doing(request, viewer))
    messages.success(request, _("已废弃 %(count)d 支开启超时的疫苗。") % {"count": done})
    return redirect("vaccination-store")


urlpatterns = [
    path("c/vaccination/store", store, name="vaccination-store"),
    path("c/vaccination/store/receive", receive, name="vaccination-receive"),
    path("c/vaccination/store/discard", discard, name="vaccination-discard"),
    path("c/vaccination/store/<int:number>/<slug:what>", change, name="vaccination-store-change"),
]
