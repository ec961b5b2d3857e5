"""亮码: the code on the screen, one's own or that of somebody one stands for."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from markupsafe import Markup

from kangqu.kernel.access.doors import Access, Relation
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.codes.actions import Shown, show_code
from kangqu.kernel.people.codes.pictures import QR_LEVEL, QR_VERSION
from kangqu.kernel.people.codes.words import CODE_SUSPENDED, NOT_SHOWABLE
from kangqu.systems.citizen.actions import open_to_show
from kangqu.systems.citizen.operations import SHOW_CODE
from kangqu.systems.citizen.reads import acting_for, resident_of
from kangqu.systems.citizen.refusals import RIGHT_ENDED
from kangqu.systems.citizen.serving import RNG, address, asked_for, resident_page
from kangqu.web.labels import code128_svg, qr_svg
from kangqu.web.middleware import instant_of

_MASK: Final = 4  # fixed, like version and level: the code never changes its size


def qr_of(code: str, label: str = "") -> Markup:
    """The QR of a resident's code, always of one size."""
    return qr_svg(code, label=label or _("电子健康码，二维码"), error=QR_LEVEL, version=QR_VERSION, mask=_MASK)


@resident_page(SHOW_CODE)
def code(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    who, at = asked_for(request), instant_of(request)
    try:
        opened = open_to_show(viewer, who, at=at, action="code.show")
        shown = _fresh(opened, request, viewer)
    except Refused as refused:
        if refused.why not in (RIGHT_ENDED, NOT_SHOWABLE, CODE_SUSPENDED):
            raise
        return _not_shown(request, viewer, refused)
    resident = resident_of(opened)
    facts = {
        "resident": resident,
        "own_code": opened.relation is Relation.SELF,
        "family": [each for each in acting_for(viewer, at=at) if each.may_show_code],
        "viewer": viewer,
        "formal": shown.formal,
        "qr": qr_of(shown.code),
        "bar": _bar(shown),
        "life": int((shown.refresh_at - shown.issued_at).total_seconds()),
        "keep": int((shown.valid_until - shown.issued_at).total_seconds()),
        "fresh": address("citizen-code-fresh", who=who),
        "again": address("citizen-code", who=who),
        "card": address("citizen-card", who=who),
        "who": who,
    }
    return render(request, "citizen/code.html", facts)


@resident_page(SHOW_CODE)
def fresh_code(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The next code, as the fragment the page on the screen asks for."""
    opened = open_to_show(viewer, asked_for(request), at=instant_of(request), action="code.show")
    shown = _fresh(opened, request, viewer)
    response = render(request, "citizen/code_parts.html", {"qr": qr_of(shown.code), "bar": _bar(shown)})
    response["X-KQ-Fragment"] = "code"
    return response


def _fresh(opened: Access, request: HttpRequest, viewer: Viewer) -> Shown:
    return show_code(opened.person.pk, by=viewer.actor(purpose=Purpose.SELF), at=instant_of(request), rng=RNG)


def _bar(shown: Shown) -> Markup:
    words = " ".join(shown.barcode[start : start + 4] for start in range(0, len(shown.barcode), 4))
    picture = code128_svg(shown.barcode, label=_("条形码，与二维码作用相同"))
    return picture + Markup('<p class="num sm">{}</p>').format(words)


def _not_shown(request: HttpRequest, viewer: Viewer, refused: Refused) -> HttpResponse:
    """Why there is no code to show, in the place where it would be, with the way on."""
    family = [each for each in acting_for(viewer, at=instant_of(request)) if each.may_show_code]
    facts = {"refused": refused, "sentence": refused.sentence(_language(request)), "family": family, "viewer": viewer}
    return render(request, "citizen/no_code.html", facts, status=refused.why.status)


def _language(request: HttpRequest) -> str:
    return str(getattr(request, "LANGUAGE_CODE", "zh-hans"))


urlpatterns = [
    path("h/code", code, name="citizen-code"),
    path("h/code/fresh", fresh_code, name="citizen-code-fresh"),
]
