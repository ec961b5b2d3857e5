"""我的接种卡: a resident's own card and those of whom she stands for: what was given, what is due when."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.roles import Purpose, Right
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.people.models import ProxyKind
from kangqu.kernel.people.reads import acts_for, person_of_id
from kangqu.systems.vaccination import showing
from kangqu.systems.vaccination.clinic.reads import due_for
from kangqu.systems.vaccination.definition import OWN_CARD
from kangqu.systems.vaccination.forecast import Status
from kangqu.systems.vaccination.forms import product_name
from kangqu.systems.vaccination.records.reads import entries_of
from kangqu.web.frame import PORTALS
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_SOON = (Status.OVERDUE, Status.DUE, Status.FUTURE, Status.ASK, Status.POSTPONED)


@serves(OWN_CARD)
@require_http_methods(["GET", "HEAD"])
def own_card(request: HttpRequest, viewer: Viewer, code: str = "") -> HttpResponse:
    """Her own card, or that of somebody of the family whose reports she may read."""
    at = instant_of(request)
    if viewer.person_id is None:
        return redirect(PORTALS["h"].home)
    who = code or person_of_id(viewer.person_id).public_code
    opened = access_person(viewer, who, to=Purpose.SELF, at=at, right=Right.REPORTS, action="vaccination.look")
    found = due_for(opened.person.pk, city_day(at))
    series = [each for each in showing.shown(found) if not each.found.historical] if found is not None else []
    context = {
        "person": opened.person,
        "herself": opened.person.pk == viewer.person_id,
        "doses": list(reversed(entries_of(opened.person))),
        "coming": [each for each in series if each.found.status in _SOON and (each.next or each.reasons)],
        "done": [each for each in series if each.found.status is Status.COMPLETE],
        "unknown": found is None,
        "said": showing.said,
        "family": [person_of_id(number) for number in _family(viewer, at)],
        "name_of": product_name,
    }
    answer = render(request, "vaccination/own_card.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _family(viewer: Viewer, at: datetime) -> list[int]:
    """Those whose reports she may read: whose guardian she is, or who let her."""
    rows = acts_for(viewer.person_id or 0, at)
    return sorted(
        {row.person_id for row in rows if row.kind == ProxyKind.GUARDIAN or Right.REPORTS.value in row.rights}
    )


urlpatterns = [
    path("h/vaccination", own_card, name="vaccination-own"),
    path("h/vaccination/<slug:code>", own_card, name="vaccination-own-of"),
]
