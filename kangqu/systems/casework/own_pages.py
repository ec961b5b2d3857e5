"""我的办件: a resident follows her cases and takes her own steps; with ``?for=`` those of somebody she stands for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import access_case, steps_open_to
from kangqu.kernel.cases.steps import take_step
from kangqu.systems.casework import forms, operations, own, reads
from kangqu.systems.casework.drawing import Typed
from kangqu.systems.casework.task_pages import mark_of
from kangqu.systems.casework.words import called, due_sentence
from kangqu.systems.casework.worklists import asks_nothing
from kangqu.web.asking import ask
from kangqu.web.frame import PORTALS
from kangqu.web.middleware import instant_of
from kangqu.web.paging import after_word
from kangqu.web.serving import serves

View = Callable[..., HttpResponse]


def own_page(view: View) -> View:
    """Serve a page to the resident: kept by nobody on the way; an account bound to nobody begins at the first page."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, viewer: Viewer, **kwargs: Any) -> HttpResponse:
        if viewer.person_id is None:
            return redirect(PORTALS["h"].home)
        response = view(request, *args, viewer=viewer, **kwargs)
        response.setdefault("Cache-Control", "no-store")
        return response

    return serves(operations.OWN)(page)


@own_page
def own_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at, who = instant_of(request), request.GET.get("for", "")[:40]
    shown = own.own_cases(viewer, who, at=at, after=mark_of(request.GET.get("after", "")))
    here = reverse("own-cases")
    query = "" if shown.herself else f"for={shown.code}&"
    context = {
        "own": shown,
        "family": own.family(viewer, at=at),
        "me": "" if shown.herself else shown.code,
        "next_href": f"{here}?{query}after={after_word(*shown.after)}" if shown.after else "",
        "paged": "after" in request.GET,
    }
    return render(request, "casework/own_cases.html", context)


@own_page
def own_case(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    at = instant_of(request)
    access = access_case(viewer, code, at=at)
    one = access.case
    if access.held is not None or one.person_id is None or access.relation is None:
        raise Refused(NOT_FOUND)
    person = access.relation.person
    herself = person.pk == viewer.person_id
    context = reads.overview(access, own=True) | {
        "steps": [(step, called(step), asks_nothing(step)) for step in steps_open_to(access, viewer)],
        "due": due_sentence(one.due_at, suspended_at=one.suspended_at, at=at) if one.closed_at is None else "",
        "person": person,
        "herself": herself,
        "own_page": access.programme.own_page,
        "back": reverse("own-cases") + ("" if herself else f"?for={person.public_code}"),
    }
    return render(request, "casework/own_case.html", context)


@own_page
def own_step(request: HttpRequest, viewer: Viewer, code: str, name: str) -> HttpResponse:
    """A step for the resident: its form, or the question whether it is meant."""
    at = instant_of(request)
    access = access_case(viewer, code, at=at)
    known = access.programme.step(name)
    if known is None or not known.own:
        raise Refused(NOT_FOUND)
    if known not in steps_open_to(access, viewer):
        messages.info(request, _("这一步已经办过了。"))
        return redirect("own-case", access.case.code)
    wanted = known

    typed = Typed(wanted.form, request.POST)

    def done(given: dict[str, Any]) -> HttpResponse:
        by, why = access.actor(viewer, wanted), given["note"]
        with typed.reading():
            take_step(access.case.id, wanted.code, by=by, at=at, values=typed.values, seq=given["seq"], reason=why)
        messages.success(request, _("已提交。"))
        return redirect("own-case", access.case.code)

    form = forms.StepForm(request.POST or None, initial={"seq": access.case.seq})
    return ask(
        request,
        form,
        done,
        template="casework/own_step.html",
        title=called(wanted),
        step=wanted,
        controls=typed.drawn,
        case=access.case,
        programme=called(access.programme),
    )


urlpatterns = [
    path("h/cases", own_list, name="own-cases"),
    path("h/cases/<str:code>", own_case, name="own-case"),
    path("h/cases/<str:code>/steps/<slug:name>", own_step, name="own-step"),
]
