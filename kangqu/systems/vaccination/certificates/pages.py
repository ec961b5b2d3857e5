"""接种证明: a resident has a dose of hers certified; the clinic certifies and prints one for who has no phone."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kangqu.kernel.access.doors import Access, access_person
from kangqu.kernel.access.roles import Purpose, Right
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.certificates.actions import card_of
from kangqu.kernel.certificates.card import numeric
from kangqu.kernel.certificates.reads import lines_in
from kangqu.systems.vaccination.certificates.certifying import certificate_of, certify
from kangqu.systems.vaccination.clinic.pages import held_of
from kangqu.systems.vaccination.definition import CLINIC, OWN_CARD
from kangqu.systems.vaccination.models import Dose
from kangqu.systems.vaccination.records.giving import LETTER
from kangqu.web.asking import confirm
from kangqu.web.formats import in_english
from kangqu.web.labels import qr_svg
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


@serves(OWN_CARD)
@require_POST
def own_certificate(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Certify a dose of hers, or of whose reports she may read, and show it."""
    at = instant_of(request)
    dose, _access = _opened(viewer, code, Purpose.SELF, at, Right.REPORTS)
    made = certify(dose, by=viewer.actor(purpose=Purpose.SELF), at=at)
    return redirect("own-certificate", made.code)


@serves(CLINIC)
@require_http_methods(["GET", "HEAD", "POST"])
def printed(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """The certificate on paper; before it is there, the button that makes it."""
    at = instant_of(request)
    dose, access = _opened(viewer, code, Purpose.CARE, at)
    back = reverse("vaccination-person", args=[access.person.public_code])
    if request.method == "POST":
        certify(dose, by=viewer.actor(held=held_of(viewer), purpose=Purpose.CARE), at=at)
        return redirect("vaccination-certificate", dose.code)
    made = certificate_of(dose)
    if made is None:
        sentence = _("给 %(name)s 签发 %(day)s 接种的证明，打印后交给本人。任何人都能核验。")
        told = {"name": access.person.name, "day": dose.given_on.isoformat()}
        return confirm(request, _("签发接种证明"), sentence % told, back)
    english = in_english()
    context = {
        "certificate": made,
        "back": back,
        "verify": f"{settings.KANGQU_ISSUER}/verify",
        "lines": [(line.label[english], line.value[english]) for line in lines_in(made)],
        "qr": qr_svg(numeric(card_of(made)), label=_("证明，二维码"), error="L", mask=None),
    }
    answer = render(request, "vaccination/certificate.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _opened(
    viewer: Viewer, code: str, to: Purpose, at: datetime, right: Right | None = None
) -> tuple[Dose, Access]:  # fmt: skip
    """A dose and the door of whom it was given to; no such dose is the door of nobody."""
    dose = Dose.objects.filter(code=read_code(code[:40], LETTER) or "").first()
    number = dose.person_id if dose is not None else 0
    access = access_person(viewer, number, to=to, at=at, right=right, action="vaccination.look")
    assert dose is not None  # the door of nobody does not open
    return dose, access


urlpatterns = [
    path("h/vaccination/doses/<slug:code>/certificate", own_certificate, name="vaccination-own-certificate"),
    path("c/vaccination/doses/<slug:code>/certificate", printed, name="vaccination-certificate"),
]
