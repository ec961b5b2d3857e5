"""The page of a case, its sheet of paper, and the search of cases."""

from __future__ import annotations

import random
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import CaseAccess, access_case, steps_open_to
from kangqu.kernel.cases.programme import Step
from kangqu.systems.casework import by_hand, forms, operations, people, reads
from kangqu.systems.casework.drawing import Typed
from kangqu.systems.casework.finding import step_code
from kangqu.systems.casework.posts import programmes_of, under
from kangqu.systems.casework.searching import Search, search
from kangqu.systems.casework.task_pages import list_of, mark_of
from kangqu.systems.casework.words import called, due_mark, due_sentence
from kangqu.systems.casework.worklists import asks_nothing, holder_names, next_of
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.paging import after_word
from kangqu.web.serving import serves

_CHANCE = random.SystemRandom()


@serves(operations.READ)
def case(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    access = access_case(viewer, code, at=instant_of(request))
    return render(request, "casework/case.html", shown(request, viewer, access))


def shown(request: HttpRequest, viewer: Viewer, access: CaseAccess) -> dict[str, Any]:
    """Everything the page of a case shows to staff."""
    at, of, one = instant_of(request), access.programme, access.case
    parent, children = reads.parents_and_children(viewer, one)
    header = people.header(viewer, one.person_id, to=of.purpose, at=at) if one.person_id is not None else None
    open_steps = reads.onward_first(of, steps_open_to(access, viewer))
    desks = {step.code: desk_of(access, step) for step in open_steps if step.desk}
    mark = due_mark(one.due_at, suspended=one.suspended_at is not None, at=at)
    following = next_of(viewer, one, list_of(request), waits=bool(open_steps))
    return reads.overview(access) | {
        "header": header,
        "mark": mark if one.closed_at is None else ("ok", _("已办结")),
        "due": due_sentence(one.due_at, suspended_at=one.suspended_at, at=at) if one.closed_at is None else "",
        "holder": holder_names([one.holder_id]).get(one.holder_id or 0, ""),
        "mine": one.holder_id is not None and one.holder_id == viewer.principal_id,
        "steps": [(step, called(step), asks_nothing(step)) for step in open_steps if desks.get(step.code, "-")],
        "elsewhere": [called(step) for step in open_steps if not desks.get(step.code, "-")],
        "may": reads.may(access, viewer),
        "next": following.code if following is not None else "",
        "documents": reads.documents(one.id),
        "parent": parent,
        "children": children,
    }


@serves(operations.READ)
def sheet(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The case on paper, with its code and those of the steps that can be taken now."""
    access = access_case(viewer, code, at=instant_of(request))
    context = shown(request, viewer, access)
    context["codes"] = [(called(step), step_code(access.case.code, step)) for step, *_ in context["steps"]]
    return render(request, "casework/sheet.html", context)


def desk_of(access: CaseAccess, step: Step) -> str:
    """The page of the system where a ``desk`` step is taken; empty when the programme names none."""
    try:
        return reverse(access.programme.page, args=[access.case.code]) if step.desk and access.programme.page else ""
    except NoReverseMatch:
        return ""


@serves(operations.READ)
def cases(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every case the viewer's posts reach, latest first."""
    form = forms.SearchForm(request.GET)
    known = programmes_of(viewer)
    form.offer("programme", [(each.code, called(each)) for each in known])
    chosen = next((each for each in known if each.code == request.GET.get("programme")), None)
    form.offer("state", [(state.code, called(state)) for state in chosen.states] if chosen is not None else [])
    places = under(viewer)
    form.offer("place", [(each.code, each.name) for each in places])
    for field in form.fields.values():
        field.required = False
    form.full_clean()
    said = form.cleaned_data
    asked = Search(
        programme=said.get("programme") or "",
        state=said.get("state") or "",
        place=said.get("place") or "",
        person=said.get("person") or "",
        since=said.get("since"),
        until=said.get("until"),
        opened_here=bool(said.get("opened")),
    )
    missing = False
    try:
        found = search(viewer, asked, at=instant_of(request), after=mark_of(request.GET.get("after", "")))
    except Refused as refused:
        if refused.why is not NOT_FOUND:
            raise
        found, missing = None, True
    query = request.GET.copy()
    query.pop("after", None)
    if found is not None and found.after is not None:
        query["after"] = after_word(*found.after)
    context = {
        "form": form,
        "page": found,
        "missing": missing,
        "next_href": f"?{query.urlencode()}" if found is not None and found.after is not None else "",
        "paged": "after" in request.GET,
        "openable": bool(by_hand.openable_by(viewer)),
        "filtered": any(asked_for for asked_for in said.values()),
    }
    return render(request, "casework/cases.html", context)


@serves(operations.OPEN)
def open_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What can be opened by hand."""
    rows = [(each.code, called(each)) for each in by_hand.openable_by(viewer)]
    if len(rows) == 1:
        return redirect("case-open", rows[0][0])
    return render(request, "casework/open_list.html", {"rows": rows})


@serves(operations.OPEN)
def open_one(request: HttpRequest, viewer: Viewer, programme: str) -> HttpResponse:
    """The opening form of a programme. What is typed goes through its reader; the page's key makes it open once."""
    of = by_hand.programme_by_hand(viewer, programme)
    posts, typed = by_hand.posts_for(viewer, of), Typed(of.opening, request.POST)

    def done(given: dict[str, Any]) -> HttpResponse:
        held = next((held for held, _name in posts if str(held.institution_id) == given.get("place")), posts[0][0])
        with typed.reading():
            opened, fresh = by_hand.open_by_hand(
                viewer,
                of,
                typed.values,
                key=given["key"],
                at=instant_of(request),
                held=held,
                person=given.get("person", ""),
                number=given["number"],
            )
        if fresh:
            messages.success(request, _("已受理：%(code)s") % {"code": opened.code})
        return redirect("case", opened.code)

    scanned = request.GET.get("person", "").strip()[:40] if of.about_person else ""
    key = f"{_CHANCE.getrandbits(80):020x}"
    form = forms.Opening(
        request.POST or None,
        initial={"key": key, "person": scanned[:20]},
        about_person=of.about_person,
        places=[(str(held.institution_id), name) for held, name in posts],
    )
    title = called(of)
    return ask(
        request,
        form,
        done,
        template="casework/open.html",
        title=title,
        programme=of,
        scanned=scanned,
        header=people.header_of_code(viewer, scanned, to=of.purpose, at=instant_of(request)) if scanned else None,
        controls=typed.drawn,
    )


urlpatterns = [
    path("c/cases", cases, name="cases"),
    path("c/open", open_list, name="cases-open"),
    path("c/open/<slug:programme>", open_one, name="case-open"),
    path("c/cases/<str:code>", case, name="case"),
    path("c/cases/<str:code>/sheet", sheet, name="case-sheet"),
]
