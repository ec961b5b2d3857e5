"""What is done with a case on its page: steps, claiming, handing over, resting, taking back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, NOT_YOURS, Refused
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.doors import CaseAccess, access_case, steps_open_to
from kangqu.kernel.cases.programme import Step
from kangqu.kernel.cases.refusals import NO_SUCH_STEP, USE_THE_DESK
from kangqu.kernel.cases.steps import Outcome, take_step
from kangqu.systems.casework import acting, forms, operations, reads
from kangqu.systems.casework.case_pages import desk_of
from kangqu.systems.casework.drawing import Typed
from kangqu.systems.casework.posts import any_place, under
from kangqu.systems.casework.refusals import NO_SUCH_PLACE
from kangqu.systems.casework.words import called, sentence
from kangqu.systems.casework.worklists import asks_nothing
from kangqu.web.asking import ask
from kangqu.web.forms import RegionField
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@serves(operations.WRITE)
def step(request: HttpRequest, viewer: Viewer, code: str, name: str) -> HttpResponse:
    """A step: its form, or the question whether it is meant; one that asks nothing is taken when it is scanned."""
    access = access_case(viewer, code, at=instant_of(request))
    wanted = access.programme.step(name)
    if wanted is None:
        raise Refused(NO_SUCH_STEP)
    if wanted.desk:
        desk = desk_of(access, wanted)
        if not desk:
            raise Refused(USE_THE_DESK)
        return redirect(desk)

    typed = Typed(wanted.form, request.POST)

    def done(given: dict[str, Any]) -> HttpResponse:
        with typed.reading():
            take(request, viewer, access, wanted, given, typed.values)
        return redirect("case", access.case.code)

    form = forms.StepForm(request.POST or None, initial={"seq": access.case.seq}, moves=wanted.moves)
    if wanted.moves:
        _offer_places(form, viewer)
    return ask(
        request,
        form,
        done,
        template="casework/step.html",
        title=called(wanted),
        step=wanted,
        controls=typed.drawn,
        case=access.case,
        programme=called(access.programme),
        state=called(access.programme.state(access.case.state)),
        target=called(access.programme.state(wanted.target)),
        guards=[called(guard) for guard in wanted.guards],
        open=wanted in steps_open_to(access, viewer),
        at_once=asks_nothing(wanted),
    )


def _offer_places(form: forms.StepForm, viewer: Viewer) -> None:
    field = form.fields["to"]
    assert isinstance(field, RegionField)
    field.offer((each.code, each.name) for each in under(viewer))


def take(
    request: HttpRequest,
    viewer: Viewer,
    access: CaseAccess,
    wanted: Step,
    given: dict[str, Any],
    values: dict[str, Any],
    tags: str = "",
) -> Outcome:
    """Take the step for the page's own form (``given``) and the programme's (``values``); say what came of it."""
    place = any_place(given["to"]) if given.get("to") else None
    if given.get("to") and place is None:
        raise Refused(NO_SUCH_PLACE, field="to")
    outcome = take_step(
        access.case.id,
        wanted.code,
        by=access.actor(viewer, wanted),
        at=instant_of(request),
        values=values,
        seq=given.get("seq"),
        to_institution_id=place.pk if place is not None else None,
        reason=given.get("note", ""),
    )
    state = called(access.programme.state(outcome.state))
    said = _("已办：%(step)s。现在是“%(state)s”。") % {"step": called(wanted), "state": state}
    messages.success(request, said, extra_tags=tags)
    return outcome


Verb = Callable[..., None]


def _change(request: HttpRequest, viewer: Viewer, code: str, verb: Verb, said: str, **given: Any) -> HttpResponse:
    """Do what a button says, if it was pressed, and go back to the case; a refusal stands above it."""
    if request.method == "POST":
        try:
            acting.change(viewer, code, verb, at=instant_of(request), **given)
            messages.success(request, said)
        except Refused as refused:
            if refused.why is NOT_FOUND:
                raise
            messages.error(request, sentence(refused))
    return redirect("case", code)


@serves(operations.WRITE)
def claim(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    return _change(request, viewer, code, keeping.claim, _("已领办，别人不能再动，直到您办完、放回或移交。"))


@serves(operations.WRITE)
def let_go(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    return _change(request, viewer, code, keeping.let_go, _("已放回待办，同事可以领。"))


@serves(operations.WRITE)
def resume(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    return _change(request, viewer, code, keeping.resume, _("已恢复，期限顺延了暂停的时间。"))


@serves(operations.WRITE)
def suspend(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    return _because(request, viewer, code, keeping.suspend, _("暂停"), _("已暂停，期限不走。"))


@serves(operations.WRITE)
def roll_back(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    return _because(request, viewer, code, keeping.roll_back, _("退回上一步"), _("已退回上一步。"))


def _because(request: HttpRequest, viewer: Viewer, code: str, verb: Verb, title: str, said: str) -> HttpResponse:
    access = access_case(viewer, code, at=instant_of(request))

    def done(given: dict[str, Any]) -> HttpResponse:
        by = acting.actor_for(access, viewer, verb)
        verb(access.case.id, by=by, at=instant_of(request), reason=given["reason"])
        messages.success(request, said)
        return redirect("case", access.case.code)

    return _asked(request, access, forms.Because(request.POST or None), done, title)


@serves(operations.WRITE)
def hand_over(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """To a named colleague whose post works on the case."""
    at = instant_of(request)
    access = access_case(viewer, code, at=at)
    may = reads.may(access, viewer)
    if not may.hand_over:
        raise Refused(NOT_YOURS)

    def done(given: dict[str, Any]) -> HttpResponse:
        acting.hand_over(viewer, access, int(given["to"]), reason=given["reason"], at=at)
        messages.success(request, _("已移交。"))
        return redirect("case", access.case.code)

    known = [(str(each.id), f"{each.name}（{each.role}）") for each in reads.colleagues(access, at=at)]
    form = forms.HandOver(request.POST or None, colleagues=known)
    return _asked(request, access, form, done, _("移交"), nobody=not known)


def _asked(
    request: HttpRequest,
    access: CaseAccess,
    form: Any,
    done: Callable[[dict[str, Any]], HttpResponse],
    title: str,
    **facts: Any,
) -> HttpResponse:
    return ask(
        request,
        form,
        done,
        template="casework/ask.html",
        title=title,
        case=access.case,
        programme=called(access.programme),
        state=called(access.programme.state(access.case.state)),
        back=reverse("case", args=[access.case.code]),
        **{"nobody": False, **facts},
    )


def _at(name: str, view: Callable[..., HttpResponse]) -> Any:
    return path(f"c/cases/<str:code>/{name}", view, name=f"case-{name}")


urlpatterns = [
    path("c/cases/<str:code>/steps/<slug:name>", step, name="case-step"),
    _at("claim", claim),
    _at("let-go", let_go),
    _at("hand-over", hand_over),
    _at("suspend", suspend),
    _at("resume", resume),
    _at("roll-back", roll_back),
]
