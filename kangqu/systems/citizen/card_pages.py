"""The paper card: made, printed and ended, for oneself or somebody one stands for who has no phone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.codes.actions import card_of, paper_code
from kangqu.kernel.people.codes.models import CardKind
from kangqu.kernel.people.codes.words import NO_CARD
from kangqu.systems.citizen import forms
from kangqu.systems.citizen.actions import end_card, make_card, open_to_show
from kangqu.systems.citizen.code_pages import qr_of
from kangqu.systems.citizen.operations import CARD
from kangqu.systems.citizen.serving import RNG, address, asked_for, resident_page
from kangqu.systems.citizen.sheet import Sheet, can_typeset, typeset
from kangqu.web.asking import ask
from kangqu.web.formats import in_english, show_date
from kangqu.web.middleware import instant_of


def _facts(request: HttpRequest, viewer: Viewer, who: str) -> dict[str, Any]:
    """The person of the card and the code on it, None when there is no card in use."""
    at = instant_of(request)
    person = open_to_show(viewer, who, at=at, action="card.open").person
    try:
        shown = paper_code(card_of(person.pk, CardKind.PAPER), at=at)
    except Refused as refused:
        if refused.why is not NO_CARD:
            raise
        shown = None
    return {
        "person": person,
        "shown": shown,
        "qr": qr_of(shown.code, _("纸质健康卡，二维码")) if shown else "",
        "here": address("citizen-card", who=who),
        "code_href": address("citizen-code", who=who),
        "print_href": address("citizen-card-print", who=who),
        "pdf_href": address("citizen-card-pdf", who=who) if can_typeset() else "",
        "end_href": address("citizen-card-end", who=who),
    }


@resident_page(CARD)
def card(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    who = asked_for(request)
    if request.method == "POST":
        make_card(viewer, who, at=instant_of(request), rng=RNG)
        messages.success(request, _("纸质卡已办好，可以打印了"))
        return redirect(address("citizen-card", who=who))
    return render(request, "citizen/card.html", _facts(request, viewer, who))


@resident_page(CARD)
def print_card(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    facts = _facts(request, viewer, asked_for(request))
    if facts["shown"] is None:
        return redirect(str(facts["here"]))
    return render(request, "citizen/card_print.html", facts)


@resident_page(CARD)
def card_pdf(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The same card as a file to keep or to have printed; the printed page where no PDF can be made."""
    facts = _facts(request, viewer, asked_for(request))
    shown, person = facts["shown"], facts["person"]
    if shown is None or not can_typeset():
        return redirect(str(facts["here"] if shown is None else facts["print_href"]))
    sheet = Sheet(
        title=_("康衢居民健康卡"),
        name=person.name,
        code=person.public_code,
        until=_("{day} 前有效").format(day=show_date(shown.valid_until)),
        lost=_("丢失请打 12345 作废"),
        advice=_("沿线剪下随身带。捡到的人也能出示它，窗口会再核对人或证件。"),
        qr=str(facts["qr"]).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1),
        lang="en" if in_english() else "zh",
    )
    name = f"{person.public_code}.pdf"
    return HttpResponse(
        typeset(sheet),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@resident_page(CARD)
def end_of_card(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    who = asked_for(request)
    facts = _facts(request, viewer, who)
    if facts["shown"] is None:
        return redirect(str(facts["here"]))

    def end(given: dict[str, Any]) -> HttpResponse:
        end_card(viewer, who, why=str(dict(forms.WHY)[given["why"]]), at=instant_of(request))
        messages.success(request, _("纸质卡已作废，旧卡不能再用"))
        return redirect(address("citizen-card", who=who))

    return ask(request, forms.EndCardForm(request.POST or None), end, template="citizen/card_end.html", **facts)


urlpatterns = [
    path("h/card", card, name="citizen-card"),
    path("h/card/print", print_card, name="citizen-card-print"),
    path("h/card/pdf", card_pdf, name="citizen-card-pdf"),
    path("h/card/end", end_of_card, name="citizen-card-end"),
]
