"""The board: one page that refreshes itself, for the wall and the phone. It names no patient and no herb."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.places.models import Institution
from kangqu.systems.tcm_pharmacy.board import words
from kangqu.systems.tcm_pharmacy.board.reads import board_of, bounds_at
from kangqu.systems.tcm_pharmacy.definition import BOARD
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

EVERY: Final = 15
"""Seconds between two looks."""


@serves(BOARD)
def board(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The floor of the viewer's pharmacy; who works at several chooses one."""
    at = instant_of(request)
    mine = {held.institution_id for held in viewer.holding(BOARD.roles)}
    places = list(Institution.objects.filter(pk__in=mine).order_by("pk"))
    asked = request.GET.get("at", "")
    here = next((each for each in places if asked in ("", each.code)), None)
    if here is None:
        raise Refused(NOT_FOUND)
    shown = {
        "board": board_of(here.pk, at),
        "bounds": bounds_at(at),
        "here": here,
        "places": places,
        "english": in_english(),
        "every": EVERY,
        "words": words,
    }
    response = render(request, "tcm_pharmacy/board.html", shown)
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [path("c/tcm/board", board, name="tcm-board")]
