"""疫苗冰箱 and 冷链异常: fridges and their temperatures, by hand too; excursions, what they hold and whom they touched."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms as django
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from kangqu.kernel.access.doors import open_list, shown_people
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import access_case, steps_open_to
from kangqu.kernel.places.models import Institution
from kangqu.systems.vaccination.cold_chain import reads
from kangqu.systems.vaccination.cold_chain.excursions import FRIDGE_KINDS, Kind
from kangqu.systems.vaccination.cold_chain.holding import held_stock, held_vials
from kangqu.systems.vaccination.cold_chain.keeping import change_fridge, register_fridge
from kangqu.systems.vaccination.cold_chain.models import Excursion
from kangqu.systems.vaccination.cold_chain.touched import touched_by
from kangqu.systems.vaccination.cold_chain.watching import Note, note
from kangqu.systems.vaccination.definition import EXCURSIONS, FRIDGES, LOTS, READINGS
from kangqu.systems.vaccination.forms import product_name
from kangqu.systems.vaccination.models import LotState, VaccineLot
from kangqu.systems.vaccination.stock.actions import set_lot_state
from kangqu.web import forms
from kangqu.web.asking import ask
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

PER_PAGE: Final = 50
WORDS: Final = {
    Kind.WARM: gettext_lazy("温度偏高"),
    Kind.COLD: gettext_lazy("温度偏低"),
    Kind.SILENT: gettext_lazy("没有读数"),
}
DECIDED: Final = {"freed": gettext_lazy("已恢复使用"), "destroyed": gettext_lazy("已销毁")}


class FridgeForm(forms.Form):
    name = django.CharField(label=gettext_lazy("冰箱名称（和库存里写的一样）"), max_length=20)
    kind = forms.ChoiceField(label=gettext_lazy("种类"), choices=())
    device = django.CharField(
        label=gettext_lazy("温度记录仪编号（没有就空着，人工测温）"), max_length=40, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(each.code, each.en if in_english() else each.zh) for each in FRIDGE_KINDS.values()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


class ChangeForm(forms.Form):
    device = django.CharField(
        label=gettext_lazy("温度记录仪编号（没有就空着，人工测温）"), max_length=40, required=False
    )
    active = django.BooleanField(label=gettext_lazy("在用"), required=False)


class ReadingForm(forms.Form):
    celsius = django.DecimalField(
        label=gettext_lazy("温度（℃）"), min_value=-90, max_value=60, max_digits=4, decimal_places=1
    )
    day = forms.DateField(label=gettext_lazy("日期"))
    time = django.TimeField(label=gettext_lazy("时间"), widget=django.TimeInput(attrs={"type": "time"}))


class LotForm(forms.Form):
    state = forms.ChoiceField(label=gettext_lazy("状态"), choices=LotState.choices)
    why = django.CharField(label=gettext_lazy("原因"), max_length=200)


def degrees(tenths: int | None) -> str:
    """Tenths of a degree as people read them."""
    return "" if tenths is None else f"{tenths / 10:.1f} ℃"


def _doing(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    held = viewer.holding(FRIDGES.roles)[0]
    by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
    return {"institution_id": held.institution_id, "by": by, "at": instant_of(request)}


@serves(FRIDGES)
@require_safe
def fridges(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every fridge, its last reading, and which are out of range."""
    place = viewer.holding(FRIDGES.roles)[0].institution_id
    return render(request, "vaccination/fridges.html", {"rows": reads.fridges_of(place), **_words()})


@serves(FRIDGES)
@require_http_methods(["GET", "HEAD", "POST"])
def new_fridge(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Register a fridge."""

    def write(given: dict[str, Any]) -> HttpResponse:
        made = register_fridge(**given, **_doing(request, viewer))
        return redirect("vaccine-fridge", made.pk)

    form = FridgeForm(request.POST or None, initial={"kind": "refrigerator"})
    return ask(request, form, write, title=_("登记冰箱"), back=reverse("vaccine-fridges"))


@serves(FRIDGES)
@require_safe
def fridge(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """One fridge: the temperatures of a day or a week as a line and as a list, and its excursions."""
    at = instant_of(request)
    found = reads.fridge_of(number, viewer.holding(FRIDGES.roles)[0].institution_id)
    span = request.GET.get("span", "day")
    since = at - reads.SPANS.get(span, reads.SPANS["day"])
    rows = reads.readings_of(found, since, at)
    kind = FRIDGE_KINDS[found.kind]
    tenths = [each for _at, each in rows]
    label = _("温度 %(low)s 到 %(high)s，共 %(count)d 次") % {
        "low": degrees(min(tenths)) if tenths else "—", "high": degrees(max(tenths)) if tenths else "—", "count": len(rows),
    }  # fmt: skip
    shown = {
        "fridge": found, "kind": kind, "span": span if span in reads.SPANS else "day", "label": label, "rows": list(reversed(rows))[:50],
        "chart": reads.chart(found, rows, since, at, label) if rows else "",
        "excursions": Excursion.objects.filter(fridge=found).order_by("-begins_at")[:20],
    }  # fmt: skip
    return render(request, "vaccination/fridge.html", shown | _words())


@serves(FRIDGES)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Another logger, or out of use."""
    found = reads.fridge_of(number, viewer.holding(FRIDGES.roles)[0].institution_id)

    def write(given: dict[str, Any]) -> HttpResponse:
        change_fridge(found.pk, device=given["device"], active=given["active"], **_doing(request, viewer))
        return redirect("vaccine-fridge", found.pk)

    form = ChangeForm(request.POST or None, initial={"device": found.device, "active": found.active})
    return ask(
        request,
        form,
        write,
        title=_("更改%(name)s") % {"name": found.name},
        back=reverse("vaccine-fridge", args=[number]),
    )


@serves(READINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """A temperature read by hand."""
    at = instant_of(request)
    found = reads.fridge_of(number, viewer.holding(READINGS.roles)[0].institution_id)

    def write(given: dict[str, Any]) -> HttpResponse:
        when = datetime.combine(given["day"], given["time"], CITY)
        row = Note(found.pk, when, round(given["celsius"] * 10))
        by = viewer.actor(held=viewer.holding(READINGS.roles)[0], purpose=Purpose.PUBLIC_HEALTH)
        (answer,) = note([row], by=by, at=at)
        if isinstance(answer, Refused):
            raise answer
        messages.success(request, _("已记下。"))
        return redirect("vaccine-fridge", found.pk)

    here = at.astimezone(CITY)
    form = ReadingForm(request.POST or None, initial={"day": here.date(), "time": f"{here:%H:%M}"})
    return ask(
        request,
        form,
        write,
        title=_("%(name)s测温") % {"name": found.name},
        back=reverse("vaccine-fridge", args=[number]),
    )


def _words() -> dict[str, Any]:
    return {
        "degrees": degrees,
        "word": lambda kind: WORDS[Kind(kind)],
        "decided": lambda how: DECIDED.get(how, ""),
        "kind_of": lambda code: FRIDGE_KINDS[code].en if in_english() else FRIDGE_KINDS[code].zh,
        "name_of": product_name,
    }


@serves(EXCURSIONS)
@require_safe
def excursions(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The excursions of the institution; for the CDC, of every institution in its region."""
    held = viewer.holding(EXCURSIONS.roles)[0]
    places: Any = [held.institution_id]
    if held.role is Role.CDC_OFFICER:
        own = Institution.objects.values_list("region_id", flat=True).get(pk=held.institution_id)
        places = Institution.objects.filter(region__code__startswith=own).values("pk")
    rows = Paginator(reads.excursions_in(places), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "vaccination/excursions.html", {"rows": rows, **_words()})


@serves(EXCURSIONS)
@require_safe
def excursion(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """One excursion: what it holds, whom it touched, and what may be done about it now."""
    at = instant_of(request)
    access = access_case(viewer, code[:40], at=at)
    found = Excursion.objects.select_related("fridge__institution").filter(case_id=access.case.id).first()
    if found is None:
        raise Refused(NOT_FOUND)
    touched = touched_by(found)
    page = Paginator(touched, PER_PAGE).get_page(request.GET.get("page"))
    within = open_list(viewer, to=Purpose.PUBLIC_HEALTH, at=at, action="people.list")
    people = list(within.select_related("region").filter(pk__in={each.person.pk for each in page}))
    shown = {
        "case": access.case, "excursion": found, "stock": held_stock(found), "vials": held_vials(found), "page": page,
        "people": {each.code: each for each in shown_people(viewer, people)}, "count": len({each.person.pk for each in touched}),
        "steps": steps_open_to(access, viewer),
    }  # fmt: skip
    answer = render(request, "vaccination/excursion.html", shown | _words())
    answer["Cache-Control"] = "no-store"
    return answer


@serves(LOTS)
@require_safe
def lots(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Lots by number, those held or recalled first."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:30]
    rows = VaccineLot.objects.order_by("state", "-expires_on", "number")
    rows = rows.filter(number__startswith=text) if text else rows
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "vaccination/lots.html", {"rows": page, "q": text, **_words()})


@serves(LOTS)
@require_http_methods(["GET", "HEAD", "POST"])
def lot(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Hold, recall or free a lot in the whole city."""
    found = VaccineLot.objects.filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise Refused(NOT_FOUND)

    def write(given: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=viewer.holding(LOTS.roles)[0], purpose=Purpose.PUBLIC_HEALTH)
        set_lot_state(found.pk, LotState(given["state"]), why=given["why"], by=by, at=instant_of(request))
        messages.success(request, _("已记下。"))
        return redirect("vaccine-lots")

    title = _("批号 %(lot)s 的状态") % {"lot": f"{found.number} {product_name(found.vaccine)}"}
    return ask(
        request,
        LotForm(request.POST or None, initial={"state": found.state}),
        write,
        title=title,
        back=reverse("vaccine-lots"),
    )


urlpatterns = [
    path("c/vaccination/fridges", fridges, name="vaccine-fridges"),
    path("c/vaccination/fridges/new", new_fridge, name="vaccine-fridge-new"),
    path("c/vaccination/fridges/<int:number>", fridge, name="vaccine-fridge"),
    path("c/vaccination/fridges/<int:number>/change", change, name="vaccine-fridge-change"),
    path("c/vaccination/fridges/<int:number>/reading", by_hand, name="vaccine-fridge-reading"),
    path("c/vaccination/excursions", excursions, name="vaccine-excursions"),
    path("c/vaccination/excursions/<slug:code>", excursion, name="vaccine-excursion"),
    path("c/vaccination/lots", lots, name="vaccine-lots"),
    path("c/vaccination/lots/<int:number>", lot, name="vaccine-lot"),
]
