"""The manager's page of the floor: what the pharmacy can do, courier rounds, promises that will not be kept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.tcm_pharmacy.definition import FLOOR
from kangqu.systems.tcm_pharmacy.models import Floor, Promise, Round
from kangqu.systems.tcm_pharmacy.promises import forms
from kangqu.systems.tcm_pharmacy.promises.floor import HANDS, add_round, end_round, set_floor
from kangqu.systems.tcm_pharmacy.promises.moving import move_promise
from kangqu.systems.tcm_pharmacy.store.forms import Because
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

SHOWN = 200


@serves(FLOOR)
def floor(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Promises that will not be kept first, then hours, hands and rounds."""
    mine = _held(viewer).institution_id
    said = Floor.objects.filter(institution_id=mine).first()
    late = Promise.objects.filter(pharmacy_id=mine, case__closed_at=None).exclude(broken_at=None)
    shown = {
        "floor": said,
        "hours": [(name, forms.span_text(span)) for (_code, name), span in zip(forms.WEEKDAYS, said.hours, strict=True)]
        if said is not None
        else [],
        "hands": [(forms.FloorForm.base_fields[name].label, getattr(said, name)) for name in HANDS] if said else [],
        "rounds": [(row, _when(row)) for row in _rounds(mine)],
        "late": late.select_related("case").order_by("promised_at", "pk")[:SHOWN],
    }
    return render(request, "tcm_pharmacy/floor.html", shown)


@serves(FLOOR)
def change_floor(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    held = _held(viewer)

    def write(given: dict[str, Any]) -> HttpResponse:
        set_floor(
            held.institution_id,
            hours=[given[f"day{number}"] for number in range(1, 8)],
            hands={name: given[name] for name in HANDS},
            takes_outside=given["takes_outside"],
            by=viewer.actor(held=held),
            at=instant_of(request),
        )
        messages.success(request, _("已登记，之后审过的处方按它约定时间。"))
        return redirect("tcm-floor")

    known = Floor.objects.filter(institution_id=held.institution_id).first()
    form = forms.FloorForm(request.POST or None, initial=forms.shown_floor(known))
    return ask(request, form, write, title=_("营业时间和人手"), back=reverse("tcm-floor"))


@serves(FLOOR)
def new_round(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    held = _held(viewer)

    def write(given: dict[str, Any]) -> HttpResponse:
        departs = given["departs"]
        add_round(
            held.institution_id,
            name=given["name"],
            weekdays="".join(sorted(given["weekdays"])),
            departs=departs.hour * 60 + departs.minute,
            parcels=given["parcels"],
            reaches=given["reaches"],
            by=viewer.actor(held=held),
            at=instant_of(request),
        )
        messages.success(request, _("已登记车次。"))
        return redirect("tcm-floor")

    form = forms.RoundForm(request.POST or None, initial={"weekdays": ["1", "2", "3", "4", "5", "6", "7"]})
    return ask(request, form, write, title=_("登记配送车次"), back=reverse("tcm-floor"))


@serves(FLOOR)
def end(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """End a round of the manager's own pharmacy."""
    held = _held(viewer)
    row = _rounds(held.institution_id).filter(pk=number).first() if number < 2**63 else None
    if row is None:
        raise Refused(NOT_FOUND)

    def write(given: dict[str, Any]) -> HttpResponse:
        end_round(
            number,
            institution_id=held.institution_id,
            reason=given["reason"],
            by=viewer.actor(held=held),
            at=instant_of(request),
        )
        messages.success(request, _("已停用车次。"))
        return redirect("tcm-floor")

    title = _("停用车次 {name}").format(name=row.name)
    return ask(request, Because(request.POST or None), write, title=title, back=reverse("tcm-floor"))


@serves(FLOOR)
def move(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Move a promise that will not be kept, with a reason."""
    held = _held(viewer)
    mine = Promise.objects.filter(pharmacy_id=held.institution_id, case__code=read_code(code, "K") or "")
    promise = mine.select_related("case").first()
    if promise is None:
        raise Refused(NOT_FOUND)

    def write(given: dict[str, Any]) -> HttpResponse:
        by, at = viewer.actor(held=held), instant_of(request)
        move_promise(promise.case_id, reason=given["reason"], by=by, at=at)
        messages.success(request, _("已改约，原来的时间留在办理记录里。"))
        return redirect("tcm-floor")

    title = _("改约 {number}").format(number=promise.case.number)
    return ask(request, Because(request.POST or None), write, title=title, back=reverse("tcm-floor"))


def _held(viewer: Viewer) -> Held:
    return viewer.holding(FLOOR.roles)[0]


def _rounds(institution_id: int) -> Any:
    return Round.objects.filter(institution_id=institution_id, ended_at=None).order_by("departs", "pk")


def _when(row: Round) -> str:
    days = [str(name) for code, name in forms.WEEKDAYS if code in row.weekdays]
    shown = _("每天") if len(days) == len(forms.WEEKDAYS) else " ".join(days)
    return f"{shown} {forms.clock_text(row.departs)}"


urlpatterns = [
    path("c/tcm/floor", floor, name="tcm-floor"),
    path("c/tcm/floor/hours", change_floor, name="tcm-floor-hours"),
    path("c/tcm/floor/rounds/new", new_round, name="tcm-round-new"),
    path("c/tcm/floor/rounds/<int:number>/end", end, name="tcm-round-end"),
    path("c/tcm/promises/<slug:code>/move", move, name="tcm-promise-move"),
]
