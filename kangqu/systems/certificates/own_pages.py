"""我的证明: a resident shows a certificate of hers or of somebody whose reports she may read, saves its file, lists them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kangqu.kernel.access.doors import Relation
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.certificates.actions import card_of
from kangqu.kernel.certificates.card import numeric
from kangqu.kernel.certificates.kinds import find
from kangqu.kernel.certificates.reads import lines_in
from kangqu.systems.certificates.definition import OWN
from kangqu.systems.certificates.reads import opened, standing_of
from kangqu.web.formats import in_english
from kangqu.web.frame import PORTALS
from kangqu.web.labels import qr_svg
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_FILE = "application/smart-health-card"


@serves(OWN)
def own(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """All standing certificates of the resident, or of ``?for=``, newest first."""
    if viewer.person_id is None:
        return redirect(PORTALS["h"].home)
    english, who = in_english(), request.GET.get("for", "")[:40]
    access, mine = standing_of(viewer, who, instant_of(request))
    rows = [(each, _title(each.kind, english=english)) for each in mine]
    return _kept_by_nobody(
        render(request, "certificates/own.html", {"rows": rows, "person": access.person, "who": who})
    )


@serves(OWN)
def shown(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The QR, and in words what it says."""
    if viewer.person_id is None:
        return redirect(PORTALS["h"].home)
    found, access = opened(viewer, code, instant_of(request))
    english = in_english()
    context = {
        "certificate": found,
        "back": reverse("own-certificates")
        + ("" if access.relation is Relation.SELF else f"?for={access.person.public_code}"),
        "title": _title(found.kind, english=english),
        "lines": [(line.label[english], line.value[english]) for line in lines_in(found)],
        "qr": qr_svg(numeric(card_of(found)), label=_("证明，二维码"), error="L", mask=None),
    }
    return _kept_by_nobody(render(request, "certificates/shown.html", context))


@serves(OWN)
def file(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The certificate as health wallets take it (HL7 SMART Health Cards)."""
    found, _access = opened(viewer, code, instant_of(request))
    name = f'attachment; filename="{found.code}.smart-health-card"'
    answer = JsonResponse({"verifiableCredential": [card_of(found)]}, content_type=_FILE)
    answer["Content-Disposition"] = name
    return _kept_by_nobody(answer)


def _title(code: str, *, english: bool) -> str:
    kind = find(code)
    return (kind.title_en if english else kind.title) if kind is not None else code


def _kept_by_nobody(answer: HttpResponse) -> HttpResponse:
    answer.setdefault("Cache-Control", "no-store")
    return answer


urlpatterns = [
    path("h/certificates", own, name="own-certificates"),
    path("h/certificates/<slug:code>", shown, name="own-certificate"),
    path("h/certificates/<slug:code>/file", file, name="own-certificate-file"),
]
