"""The residents' portal: home, messages, one's own data, help; code, family and who looked stand in files of their own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.residents import reach_of
from kangqu.kernel.access.sign_ins import alive_sign_ins, end_sign_in
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.notices.actions import mark_read
from kangqu.kernel.notices.reads import unread
from kangqu.systems.citizen import card_pages, code_pages, consent_pages, family_pages, who_pages
from kangqu.systems.citizen.actions import all_records_of
from kangqu.systems.citizen.operations import HELP, HOME, ME, MESSAGES
from kangqu.systems.citizen.reads import (
    acting_for,
    agents,
    inbox_of,
    myself,
    open_offers,
    phones_shown,
    sharing_the_phone,
)
from kangqu.systems.citizen.serving import resident_page
from kangqu.web.middleware import instant_of

_PAGE = 20
_NUMBERS = 2**63


@resident_page(HOME)
def home(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at = instant_of(request)
    records = all_records_of(viewer)
    shown = {
        "me": myself(viewer, at=at, action="citizen.home"),
        "unread": unread(records),
        "newest": inbox_of(records, limit=1),
        "to_answer": sum(not offer.mine for offer in open_offers(viewer, at=at)),
    }
    return render(request, "citizen/home.html", shown)


@resident_page(MESSAGES)
def inbox_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The messages, newest first. What is shown is read from then on; this time it still bears its mark."""
    before = request.GET.get("before", "")
    before_id = int(before) if before.isascii() and before.isdigit() and int(before) < _NUMBERS else None
    records, at = all_records_of(viewer), instant_of(request)
    lines = inbox_of(records, before_id=before_id, limit=_PAGE + 1)
    shown, more = lines[:_PAGE], len(lines) > _PAGE
    for line in shown:
        if not line.read:
            for person_id in records:
                mark_read(notice_id=line.id, person_id=person_id, at=at)
    return render(request, "citizen/messages.html", {"lines": shown, "before": shown[-1].id if more else None})


@resident_page(ME)
def me(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at = instant_of(request)
    resident = myself(viewer, at=at, action="citizen.me")
    reached = reach_of(viewer.person_id or 0)
    shown = {
        "me": resident,
        "phones": phones_shown(resident.person_id),
        "sign_in_phone": reached.shown if reached else "",
        "sharing": sharing_the_phone(viewer, at=at),
        "sign_ins": alive_sign_ins(viewer.account_id or 0),
        "this_sign_in": viewer.sign_in_id,
        "agents": len(agents(viewer, at=at)),
        "acting_for": len(acting_for(viewer, at=at)),
    }
    return render(request, "citizen/me.html", shown)


@resident_page(ME)
def end_one_sign_in(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    if request.method == "POST" and number < _NUMBERS:
        end_sign_in(number, account_id=viewer.account_id or 0, by=viewer.actor(), at=instant_of(request))
        messages.success(request, _("那台设备已退出登录"))
    return redirect("citizen-me")


@resident_page(HELP)
def help_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    return render(request, "citizen/help.html", {})


urlpatterns = [
    path("h", home, name="citizen-home"),
    path("h/messages", inbox_page, name="citizen-messages"),
    path("h/me", me, name="citizen-me"),
    path("h/me/sign-ins/<int:number>/end", end_one_sign_in, name="citizen-end-sign-in"),
    path("h/help", help_page, name="citizen-help"),
    *code_pages.urlpatterns,
    *card_pages.urlpatterns,
    *family_pages.urlpatterns,
    *who_pages.urlpatterns,
    *consent_pages.urlpatterns,
]
