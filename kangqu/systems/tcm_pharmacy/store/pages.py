"""The manager's pages: what is in the store, which pots work; and the labels of everything that is scanned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import access_case
from kangqu.systems.tcm_pharmacy.definition import LABELS, STORE
from kangqu.systems.tcm_pharmacy.labels.model import NARROW, WIDE, Label
from kangqu.systems.tcm_pharmacy.labels.typesetting import can_typeset, typeset
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.models import HerbLot, MachineKey, MachineTime, Pot, Reading, RefusedReport
from kangqu.systems.tcm_pharmacy.refusals import NO_PRINTER
from kangqu.systems.tcm_pharmacy.store import forms, keys, printing
from kangqu.systems.tcm_pharmacy.store.messages import refused_of, topic_of
from kangqu.web.asking import ask
from kangqu.web.forms import Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

SHOWN = 300
_LAST_TIMES = 12


@serves(STORE)
def store(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Lots that run out or are over first, and the pots."""
    held = viewer.holding(STORE.roles)[0]
    lots = HerbLot.objects.filter(institution_id=held.institution_id, grams_left__gt=0)
    shown = {
        "lots": lots.order_by("expires_on", "herb", "id")[:SHOWN],
        "pots": _pots(held.institution_id, instant_of(request)),
        "today": city_day(instant_of(request)),
        "prints": can_typeset(),
    }
    return render(request, "tcm_pharmacy/store.html", shown)


def _pots(institution_id: int, at: datetime) -> Any:
    """The pots with when each reported last, and whether reports of it were refused in the last days."""
    last = Reading.objects.filter(pot=OuterRef("pk")).order_by("-at").values("at")[:1]
    refused = RefusedReport.objects.filter(pot=OuterRef("pk"), day__gte=city_day(at - timedelta(days=7)))
    rows = Pot.objects.filter(institution_id=institution_id).select_related("case").order_by("name")
    return rows.annotate(reported_at=Subquery(last), refused=Exists(refused))


@serves(STORE)
def add_lot(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def write(given: dict[str, Any]) -> HttpResponse:
        held = viewer.holding(STORE.roles)[0]
        lot = stock.receive_lot(held.institution_id, **given, by=viewer.actor(held=held), at=instant_of(request))
        if lot.blocked_at is None:
            messages.success(request, _("已入库，请打印货位签。"))
        else:
            messages.error(request, _("这批饮片已被召回，入库即停用，请单独存放，不得调配。"))
        return redirect("tcm-store")

    return _ask(request, forms.LotForm(request.POST or None), write, _("饮片入库"))


@serves(STORE)
def add_pot(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def write(given: dict[str, Any]) -> HttpResponse:
        held = viewer.holding(STORE.roles)[0]
        stock.add_pot(held.institution_id, **given, by=viewer.actor(held=held), at=instant_of(request))
        messages.success(request, _("已登记，请打印锅签贴在机器上。"))
        return redirect("tcm-store")

    return _ask(request, forms.PotForm(request.POST or None), write, _("登记煎药机"))


@serves(STORE)
def machine(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """How a pot's machine reports: where to, under which key (shown once, when it is given), and what was refused."""
    held, at = viewer.holding(STORE.roles)[0], instant_of(request)
    mine = Pot.objects.filter(code=read_code(code, "P") or "", institution_id=held.institution_id)
    pot = mine.select_related("institution").first()
    if pot is None:
        raise Refused(NOT_FOUND)
    secret = ""
    if request.method == "POST":
        secret = keys.give_key(pot.pk, institution_id=held.institution_id, by=viewer.actor(held=held), at=at)
    shown = {
        "pot": pot,
        "secret": secret,
        "key": MachineKey.objects.filter(pot=pot, ended_at=None).first(),
        "last": Reading.objects.filter(pot=pot).order_by("-at").first(),
        "times": _times(pot),
        "topic": topic_of(pot.institution.code, pot.code),
        "broker": settings.KANGQU_MQTT,
        "refused": refused_of(pot.pk, at=at),
        "english": not (get_language() or "zh").startswith("zh"),
    }
    answer = render(request, "tcm_pharmacy/machine.html", shown)
    answer["Cache-Control"] = "no-store"
    return answer


def _times(pot: Pot) -> list[dict[str, Any]]:
    """What the machine last said that began, as a timeline."""
    began = {
        "heating": _("机器开始加热"), "boiling": _("机器报沸腾"), "stopped": _("机器停止加热"), "drained": _("机器排出药液"),
    }  # fmt: skip
    rows = MachineTime.objects.filter(pot=pot).order_by("-at", "-pk")[:_LAST_TIMES]
    return [{"at": each.at, "title": began[each.what], "href": "", "text": ""} for each in rows]


@serves(STORE)
def change(request: HttpRequest, viewer: Viewer, what: str, code: str) -> HttpResponse:
    """Block a lot, put a pot out of order or back to work: each with its reason."""
    held = viewer.holding(STORE.roles)[0]
    row = _row(held, what, code)
    titles = {"block": _("停用这批饮片"), "fail": _("报煎药机故障"), "mend": _("煎药机恢复使用")}

    def write(given: dict[str, Any]) -> HttpResponse:
        by, at = viewer.actor(held=held), instant_of(request)
        if what == "block":
            stock.block_lot(row.pk, institution_id=held.institution_id, by=by, at=at, reason=given["reason"])
        elif what == "fail":
            stock.pot_fails(row.pk, institution_id=held.institution_id, by=by, at=at, reason=given["reason"])
        else:
            stock.pot_mended(row.pk, institution_id=held.institution_id, by=by, at=at)
        messages.success(request, _("已记下。"))
        return redirect("tcm-store")

    return _ask(request, forms.Because(request.POST or None), write, titles[what])


def _row(held: Held, what: str, code: str) -> HerbLot | Pot:
    """A lot or pot of the manager's own pharmacy; any other is not found."""
    letter, model = ("L", HerbLot) if what == "block" else ("P", Pot)
    found = model._default_manager.filter(
        code=read_code(code, letter) or "", institution_id=held.institution_id
    ).first()
    if what not in ("block", "fail", "mend") or found is None:
        raise Refused(NOT_FOUND)
    return found


def _ask(request: HttpRequest, form: Form, write: Callable[[dict[str, Any]], HttpResponse], title: str) -> HttpResponse:
    return ask(request, form, write, title=title, back=reverse("tcm-store"))


@serves(LABELS)
def label(request: HttpRequest, viewer: Viewer, kind: str, code: str) -> HttpResponse:
    """The label of a lot, a pot, or of a prescription's tub, bags or parcel, as PDF for 58 mm or 100 mm (?paper=100)."""
    at = instant_of(request)
    held = viewer.holding(LABELS.roles)[0]
    if not can_typeset():
        raise Refused(NO_PRINTER)
    if kind in ("lot", "pot"):
        labels: Sequence[Label] = printing.of_thing(kind, code, held.institution_id)
    elif kind in ("tub", "bags", "parcel"):
        opened = access_case(viewer, code, at=at, action="tcm.label")
        labels = printing.of_prescription(kind, opened.case, at=at)
    elif kind == "sample":
        labels = [printing.of_sample(access_case(viewer, code, at=at, action="tcm.label").case)]
    else:
        raise Refused(NOT_FOUND)
    papers = WIDE if request.GET.get("paper") == "100" else NARROW
    made = typeset(labels, papers[type(labels[0])])
    return HttpResponse(
        made,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{kind}.pdf"', "Cache-Control": "no-store"},
    )


@serves(LABELS)
def commands(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The sheet of command barcodes that lies at each station: confirm, clear, counts of packs."""
    return render(
        request,
        "tcm_pharmacy/commands.html",
        {"commands": printing.commands(), "english": not (get_language() or "zh").startswith("zh")},
    )


urlpatterns = [
    path("c/tcm/store", store, name="tcm-store"),
    path("c/tcm/store/lot", add_lot, name="tcm-lot-new"),
    path("c/tcm/store/pot", add_pot, name="tcm-pot-new"),
    path("c/tcm/store/machine/<slug:code>", machine, name="tcm-machine"),
    path("c/tcm/store/<slug:what>/<slug:code>", change, name="tcm-store-change"),
    path("c/tcm/labels/commands", commands, name="tcm-commands"),
    path("c/tcm/labels/<slug:kind>/<slug:code>", label, name="tcm-label"),
]
