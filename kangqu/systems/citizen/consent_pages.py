"""我同意过谁查看: consents, as easy to withdraw as to give. Given in three steps: to whom, what for, the text itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.consent import give_consent, withdraw_consent
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.systems.citizen import forms
from kangqu.systems.citizen.operations import CONSENTS
from kangqu.systems.citizen.reads import (
    consent_choices,
    consents,
    institution_to_trust,
    institutions_called,
    institutions_nearby,
    myself,
    text_for,
)
from kangqu.systems.citizen.serving import resident_page
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of

_NUMBERS = 2**63
_A_YEAR = timedelta(days=365)


@resident_page(CONSENTS)
def consents_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at = instant_of(request)
    me = myself(viewer, at=at, action="citizen.consents")
    english = (get_language() or "zh").startswith("en")
    return render(request, "citizen/consents.html", {"consents": consents(me.person_id, at=at, english=english)})


@resident_page(CONSENTS)
def withdraw(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    at = instant_of(request)
    me = myself(viewer, at=at, action="citizen.consents")
    if request.method == "POST" and number < _NUMBERS:
        withdraw_consent(viewer, me.code, consent_id=number, at=at)
        messages.success(request, _("已撤回，从现在起不能再看"))
    return redirect("citizen-consents")


@resident_page(CONSENTS)
def to_whom(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The institutions that look after the resident, or those of a name she types."""
    text = request.GET.get("q", "").strip()[:40]
    me = myself(viewer, at=instant_of(request), action="citizen.consents")
    found = institutions_called(text) if text else institutions_nearby(me.person_id)
    return render(request, "citizen/consent_to.html", {"text": text, "found": found})


@resident_page(CONSENTS)
def what_for(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    choices = consent_choices(on=city_day(instant_of(request)))
    return render(request, "citizen/consent_for.html", {"to": institution_to_trust(code), "choices": choices})


@resident_page(CONSENTS)
def give(request: HttpRequest, viewer: Viewer, code: str, purpose: str) -> HttpResponse:
    """The text, until when, and yes. What is agreed to is the version that was read."""
    at = instant_of(request)
    to, text = institution_to_trust(code), text_for(purpose, on=city_day(at))

    def agree(given: dict[str, Any]) -> HttpResponse:
        me = myself(viewer, at=at, action="citizen.consents")
        give_consent(
            viewer,
            me.code,
            purpose=text.purpose,
            text_version=given["version"],
            until=given["until"],
            at=at,
            institution_code=to.code,
        )
        messages.success(request, _("已同意，{name} 从现在起可以查看").format(name=to.name))
        return redirect("citizen-consents")

    first = {"until": city_day(at) + _A_YEAR, "version": text.version}
    form = forms.ConsentForm(request.POST or None, initial=first)
    shown = {
        "to": to,
        "text": text.en if (get_language() or "zh").startswith("en") else text.zh,
        "back": reverse("citizen-consent-for", args=[code]),
    }
    return ask(request, form, agree, template="citizen/consent_give.html", **shown)


urlpatterns = [
    path("h/consents", consents_page, name="citizen-consents"),
    path("h/consents/give", to_whom, name="citizen-consent-to"),
    path("h/consents/give/<slug:code>", what_for, name="citizen-consent-for"),
    path("h/consents/give/<slug:code>/<slug:purpose>", give, name="citizen-consent-give"),
    path("h/consents/<int:number>/withdraw", withdraw, name="citizen-consent-withdraw"),
]
