"""谁看过我: every look by others, and emergencies with what came of them; with ``?for=`` those at a child in one's care."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from kangqu.kernel.access.looks import purpose_word, who_looked
from kangqu.kernel.access.residents import emergency_looks
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.people.reads import person_ids_of
from kangqu.systems.citizen.operations import WHO
from kangqu.systems.citizen.serving import resident_page, whose
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.paging import after_word, read_after

_PAGE = 20
_NUMBERS = 2**63


@resident_page(WHO)
def who(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The looks, latest first, a page at a time; emergencies stand on the first page."""
    at, after, english = instant_of(request), _after(request), in_english()
    hers = whose(request, viewer, action="citizen.who")
    person_id = hers.resident.person_id
    looks = who_looked(person_id, at=at, limit=_PAGE, after=after, by_others=True)
    facts = {
        "looks": looks.rows,
        "next": after_word(*looks.after) if looks.after else "",
        "first": after is None,
        "emergencies": emergency_looks(person_ids_of(person_id)) if after is None else [],
        "whose": hers,
        "purpose_word": partial(purpose_word, english=english),
        "english": english,
    }
    return render(request, "citizen/who.html", facts)


def _after(request: HttpRequest) -> tuple[datetime, int] | None:
    word = request.GET.get("after", "")
    if not word:
        return None
    at, number = read_after(word, 2)
    if not isinstance(at, datetime) or at.tzinfo is None or not isinstance(number, int) or not 0 <= number < _NUMBERS:
        raise Refused(BAD_INPUT, field="after", detail="after")
    return at, number


urlpatterns = [path("h/who", who, name="citizen-who")]
