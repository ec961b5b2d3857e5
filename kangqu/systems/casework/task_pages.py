"""The work list: what one's posts have to do, most urgent first; claimed and done by the handful; one box for every code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.cases.steps import Outcome
from kangqu.systems.casework import acting, operations, worklists
from kangqu.systems.casework.refusals import NONE_CHOSEN, ONE_BY_ONE
from kangqu.systems.casework.words import called, sentence
from kangqu.systems.casework.worklists import MINE, POST, Asked, asks_nothing
from kangqu.web.middleware import instant_of
from kangqu.web.paging import after_word, read_after
from kangqu.web.serving import serves

_NUMBERS = 2**63
_LIST = "casework-list"
CLAIM = "claim"


@serves(operations.READ)
def tasks(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    at, asked = instant_of(request), asked_of(request.GET)
    _remember(request, asked)
    shown = worklists.work(viewer, asked, at=at, after=mark_of(request.GET.get("after", "")))
    steps = worklists.batch_steps(viewer, asked)
    context = {
        "asked": asked,
        "work": shown,
        "counts": worklists.counts(viewer, asked, at=at),
        "alerts": worklists.alerts(viewer),
        "steps": [(step.code, called(step)) for step in steps],
        "tabs": [
            (POST, _("待办"), reverse("tasks")),
            (MINE, _("我领办的"), f"{reverse('tasks')}?tab={MINE}"),
        ],
        "all_picked": "pick" in request.GET,
        "next_href": _href(asked, after=after_word(*shown.after)) if shown.after else "",
        "here": _href(asked, after=request.GET.get("after", "")),
        "href": lambda **given: _href(asked, **given),
        "openable": bool(openable(viewer)),
    }
    return render(request, "casework/tasks.html", context)


def openable(viewer: Viewer) -> list[Any]:
    """The programmes whose cases the viewer may open by hand."""
    from kangqu.systems.casework.by_hand import openable_by

    return openable_by(viewer)


def asked_of(query: QueryDict) -> Asked:
    """The part of the work an address asks for; what is no programme or state of ours is empty in the list."""
    return Asked(
        tab=MINE if query.get("tab") == MINE else POST,
        programme=query.get("programme", "")[:30],
        state=query.get("state", "")[:30],
        free=query.get("free") == "1",
    )


def _remember(request: HttpRequest, asked: Asked) -> None:
    """Which list is being worked through: the pages of its cases lead from one to the next."""
    worked = [asked.tab, asked.programme, asked.state, asked.free]
    if request.session.get(_LIST, [POST, "", "", False]) != worked:
        request.session[_LIST] = worked


def list_of(request: HttpRequest) -> Asked:
    """The list that was looked at last."""
    tab, programme, state, free = request.session.get(_LIST, [POST, "", "", False])
    return Asked(tab=tab, programme=programme, state=state, free=free)


def _href(asked: Asked, **given: str) -> str:
    """The address of the list with something changed; what is empty is left out."""
    query = QueryDict(mutable=True)
    said = {
        "tab": MINE if asked.tab == MINE else "",
        "programme": asked.programme,
        "state": asked.state,
        "free": "1" if asked.free else "",
        **given,
    }
    query.update({name: value for name, value in said.items() if value})
    return f"{reverse('tasks')}?{query.urlencode()}" if query else reverse("tasks")


def mark_of(word: str) -> tuple[datetime, int] | None:
    """Where a page continues; ``Refused`` when the word is not one of ours."""
    if not word:
        return None
    instant, number = read_after(word, 2)
    known = isinstance(instant, datetime) and isinstance(number, int) and 0 <= number < _NUMBERS
    if not known:
        raise Refused(BAD_INPUT, field="after", detail="after")
    return instant, number


@serves(operations.WRITE)
def together(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Claim the chosen cases, or take one step for each of them; what could not be done is said case by case."""
    asked = asked_of(request.GET)
    back = _href(asked, after=request.GET.get("after", "")[:200])
    if request.method != "POST":
        return redirect(back)
    picked, do = request.POST.getlist("pick")[:100], request.POST.get("do", "")
    if not picked:
        messages.warning(request, sentence(Refused(NONE_CHOSEN)))
        return redirect(back)
    at = instant_of(request)
    if do == CLAIM:
        outcomes = acting.claim_all(viewer, picked, at=at)
    else:
        step = next((step for step in worklists.batch_steps(viewer, asked) if step.code == do), None)
        if step is None or not asks_nothing(step):
            raise Refused(ONE_BY_ONE, step=do[:30])
        outcomes = acting.take_all(viewer, [acting.Wanted(code=code, step=do) for code in picked], at=at)
    _tell(request, picked, outcomes)
    return redirect(back)


def _tell(request: HttpRequest, picked: list[str], outcomes: list[Outcome]) -> None:
    refused = [(code, each.refused) for code, each in zip(picked, outcomes, strict=True) if each.refused is not None]
    done = len(outcomes) - len(refused)
    if done:
        messages.success(request, ngettext("办好 %(num)d 件。", "办好 %(num)d 件。", done) % {"num": done})
    for code, why in refused[:10]:
        messages.error(request, f"{code[:16]}：{sentence(why)}".replace("\0", ""))
    if len(refused) > 10:
        more = len(refused) - 10
        messages.error(request, ngettext("还有 %(num)d 件没办成。", "还有 %(num)d 件没办成。", more) % {"num": more})


@serves(operations.WRITE)
def know(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Acknowledge that a case is late."""
    if request.method == "POST":
        worklists.acknowledge(viewer, number, at=instant_of(request))
        messages.success(request, _("已记下：您知道了。"))
    return redirect("tasks")


urlpatterns = [
    path("c/tasks", tasks, name="tasks"),
    path("c/tasks/together", together, name="tasks-together"),
    path("c/tasks/alerts/<int:number>", know, name="alert-seen"),
]
