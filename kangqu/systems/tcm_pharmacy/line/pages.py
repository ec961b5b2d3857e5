"""The stations' pages: one box for the scan gun, one large answer. Plain forms: they work without a script."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused, Words
from kangqu.systems.tcm_pharmacy.definition import LINE
from kangqu.systems.tcm_pharmacy.desk.words import HANDLING
from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post, opened
from kangqu.systems.tcm_pharmacy.line.reads import queues
from kangqu.systems.tcm_pharmacy.line.receivers import REASONS
from kangqu.systems.tcm_pharmacy.line.signing import drawn_in
from kangqu.systems.tcm_pharmacy.line.stations import Answer, Worker, held_case, scan
from kangqu.systems.tcm_pharmacy.line.weighing import sheet
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@serves(LINE)
def line(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Which station this is: those of the viewer's posts, with how much waits at each."""
    posts = [post for post in Post if _post_at(viewer, post) is not None]
    at = instant_of(request)
    waits = {post: queues(_post_at(viewer, post), post, at=at) for post in posts}
    return render(request, "tcm_pharmacy/line.html", {"posts": posts, "waits": waits, "english": _english()})


@serves(LINE)
def station(request: HttpRequest, viewer: Viewer, name: str) -> HttpResponse:
    """One station: scan after scan, each answered in large words, green or red."""
    post = next((each for each in Post if each.value == name), None)
    held = _post_at(viewer, post) if post is not None else None
    if post is None or held is None:
        raise Refused(NOT_FOUND)
    if request.method != "POST":
        return _page(request, post, held, Answer(Words("请扫处方条码。", "Scan a prescription."), Hand()), told=None)
    signature = drawn_in(request.POST.get("signature", ""))
    worker = Worker(viewer.actor(held=held, purpose=Purpose.CARE), held, instant_of(request), signature)
    hand = opened(request.POST.get("hand", ""))
    try:
        answer = scan(post, request.POST.get("scan", ""), hand, worker)
    except Refused as refused:
        return _page(
            request, post, held, _as_it_was(hand, worker), told=(False, refused.sentence(_language()), refused.why.code)
        )
    return _page(request, post, held, answer, told=(True, answer.said.said(_language()), ""))


def _as_it_was(hand: Hand, worker: Worker) -> Answer:
    """What stays in hand after a scan that was refused."""
    said = Words("", "")
    if not hand.case_id:
        return Answer(said, Hand())
    try:
        case, kept = held_case(hand, worker)
    except Refused:
        return Answer(said, Hand())
    return Answer(said, hand, case, kept, tuple(sheet(case, kept, worker.at)[1]))


def _page(
    request: HttpRequest, post: Post, held: Held, answer: Answer, *, told: tuple[bool, str, str] | None
) -> HttpResponse:
    shown: dict[str, Any] = {
        "post": post,
        "answer": answer,
        "told": told,
        "hand": answer.hand.sealed(),
        "english": _english(),
        "notes": [note.said(_language()) for note in answer.notes],
        "waits": queues(held, post, at=instant_of(request)),
        "asks": answer.hand.asks,
        "reasons": [(text, why.said(_language())) for text, why in REASONS.items()],
        "handling_word": lambda code: HANDLING[code],
    }
    status = 200 if told is None or told[0] else 422
    return render(request, "tcm_pharmacy/station.html", shown, status=status)


def _post_at(viewer: Viewer, post: Post) -> Held | None:
    """The viewer's first grant that works at the station."""
    return next(iter(viewer.holding(post.roles)), None)


def _language() -> str:
    return get_language() or "zh-hans"


def _english() -> bool:
    return not _language().startswith("zh")


urlpatterns = [
    path("c/tcm/line", line, name="tcm-line"),
    path("c/tcm/line/<slug:name>", station, name="tcm-station"),
]
