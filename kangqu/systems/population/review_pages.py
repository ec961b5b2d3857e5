"""The review desk: pairs that may be one person, decided by a human, never undone by a rerun; merges taken apart."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.people import merging, reviews
from kangqu.kernel.people.reads import open_reviews, review_pair
from kangqu.systems.population import forms, operations, reads
from kangqu.systems.population.looks import look_at_pair
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.paging import after_word, read_after
from kangqu.web.serving import serves

PER_PAGE = 20


@serves(operations.REVIEW)
def desk(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    word = request.GET.get("after", "")
    after = None
    if word:
        probability, number = read_after(word, 2)
        after = (float(str(probability)), int(str(number)))
    pairs = open_reviews(after=after, limit=PER_PAGE)
    last = pairs[-1].review if len(pairs) == PER_PAGE else None
    context = {
        "pairs": [(pair, [reads.told_reason(reason) for reason in pair.review.reasons[:4]]) for pair in pairs],
        "next_href": f"?after={after_word(str(last.probability), last.pk)}" if last else "",
        "waiting": reads.reviews_waiting(),
    }
    return render(request, "population/reviews.html", context)


@serves(operations.REVIEW)
def review(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """A pair side by side, and the decision."""
    at = instant_of(request)
    pair = review_pair(number)
    by = viewer.actor(held=viewer.holding(operations.REVIEW.roles)[0], purpose=Purpose.INDEX)
    look_at_pair(pair, by=by, at=at)

    def decide(given: dict[str, Any]) -> HttpResponse:
        reason = given["reason"]
        if given["decision"] == "same":
            survivor = pair.left if given["survivor"] != "right" else pair.right
            reviews.decide_same(number, by=by, at=at, reason=reason, survivor_id=survivor.pk)
            messages.success(request, _("已合并。"))
        else:
            reviews.decide_different(number, by=by, at=at, reason=reason)
            messages.success(request, _("已记为两个人，不会再提示。"))
        return redirect("reviews")

    return ask(
        request,
        forms.Decision(request.POST or None),
        decide,
        template="population/review.html",
        pair=pair,
        lines=reads.compared(pair, at=at),
        reasons=[reads.told_reason(reason) for reason in pair.review.reasons],
        back=reverse("reviews"),
        open=pair.review.state == "open",
    )


@serves(operations.REVIEW)
def unmerge(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Take a merge apart, after saying what it means and why."""

    def take_apart(given: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=viewer.holding(operations.REVIEW.roles)[0], purpose=Purpose.INDEX)
        merging.unmerge(number, by=by, at=instant_of(request), reason=given["reason"])
        messages.success(request, _("已拆开，两份记录都恢复原样。"))
        return redirect("merges")

    return ask(request, forms.Because(request.POST or None), take_apart, title=_("拆开合并"), back=reverse("merges"))


@serves(operations.REVIEW)
def merges(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The latest merges, each of which can be taken apart."""
    return render(request, "population/merges.html", {"rows": reads.latest_merges()})


urlpatterns = [
    path("a/merge", desk, name="reviews"),
    path("a/merge/done", merges, name="merges"),
    path("a/merge/<int:number>", review, name="review"),
    path("a/merge/<int:number>/undo", unmerge, name="unmerge"),
]
