"""我同意过谁查看: consents, as easy to withdraw as to give. Given in three steps: to whom, what for, the text itself.

Every page takes ``?for=`` with the public code of a child: her guardian reads, gives and withdraws in her place.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.consent import give_consent, withdraw_consent
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.systems.citizen import forms
from kangqu.systems.citizen.operations import CONSENTS
from kangqu.systems.citizen.reads import (
    acting_for,
    consent_choices,
    consents,
    institution_to_trust,
    institutions_called,
    institutions_nearby,
    text_for,
)
from kangqu.systems.citizen.serving import Whose, resident_page, whose
from kangqu.web.asking import ask
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of

_NUMBERS = 2**63
_A_YEAR = timedelta(days=365)


def _whose(request: HttpRequest, viewer: Viewer) -> Whose:
    return whose(request, viewer, action="citizen.consents")


@resident_page(CONSENTS)
def consents_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at = instant_of(request)
    hers = _whose(request, viewer)
    wards = [] if hers.ward else [each for each in acting_for(viewer, at=at) if each.guardian]
    given = consents(hers.resident.person_id, at=at, english=in_english())
    return render(request, "citizen/consents.html", {"consents": given, "wards": wards, "whose": hers})


@resident_page(CONSENTS)
def withdraw(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    hers = _whose(request, viewer)
    if request.method == "POST" and number < _NUMBERS:
        withdraw_consent(viewer, hers.resident.code, consent_id=number, at=instant_of(request))
        messages.success(request, _("已撤回，从现在起不能再看"))
    return redirect(hers.address("citizen-consents"))


@resident_page(CONSENTS)
def to_whom(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The institutions that look after the resident, or those of a name that is typed."""
    text = request.GET.get("q", "").strip()[:40]
    hers = _whose(request, viewer)
    found = institutions_called(text) if text else institutions_nearby(hers.resident.person_id)
    return render(request, "citizen/consent_to.html", {"text": text, "found": found, "whose": hers})


@resident_page(CONSENTS)
def what_for(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    choices = consent_choices(on=city_day(instant_of(request)))
    to = institution_to_trust(code)
    hers = _whose(request, viewer)
    return render(request, "citizen/consent_for.html", {"to": to, "choices": choices, "whose": hers})


@resident_page(CONSENTS)
def give(request: HttpRequest, viewer: Viewer, code: str, purpose: str) -> HttpResponse:
    """The text, until when, and yes. What is agreed to is the version that was read."""
    at = instant_of(request)
    to, text = institution_to_trust(code), text_for(purpose, on=city_day(at))
    hers = _whose(request, viewer)

    def agree(given: dict[str, Any]) -> HttpResponse:
        give_consent(
            viewer,
            hers.resident.code,
            purpose=text.purpose,
            text_version=given["version"],
            until=given["until"],
            at=at,
            institution_code=to.code,
        )
        messages.success(request, _("已同意，{name} 从现在起可以查看").format(name=to.name))
        return redirect(hers.address("citizen-consents"))

    first = {"until": city_day(at) + _A_YEAR, "version": text.version}
    form = forms.ConsentForm(request.POST or None, initial=first)
    shown = {
        "to": to,
        "text": text.en if in_english() else text.zh,
        "back": hers.address("citizen-consent-for", code),
        "whose": hers,
    }
    return ask(request, form, agree, template="citizen/consent_give.html", **shown)


urlpatterns = [
    path("h/consents", consents_page, name="citizen-consents"),
    path("h/consents/give", to_whom, name="citizen-consent-to"),
    path("h/consents/give/<slug:code>", what_for, name="citizen-consent-for"),
    path("h/consents/give/<slug:code>/<slug:purpose>", give, name="citizen-consent-give"),
    path("h/consents/<int:number>/withdraw", withdraw, name="citizen-consent-withdraw"),
]
