"""核验证明: what verifiers fetch, and a page that judges a certificate with and without a network. Open to anybody."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.certificates.card import MOST_READ
from kangqu.kernel.certificates.keys import published_keys, published_list
from kangqu.kernel.certificates.kinds import BORN, DOSE, GIVEN_AT, GIVEN_ON, LOT, NAME, VACCINE, Words, all_codes
from kangqu.kernel.certificates.verifying import WORDS
from kangqu.systems.certificates import own_pages
from kangqu.systems.certificates.definition import KEYS, LIST, VERIFY
from kangqu.systems.certificates.judging import Judged, judge, lists_good_for
from kangqu.web.formats import in_english
from kangqu.web.middleware import instant_of
from kangqu.web.photos import code_in
from kangqu.web.serving import serves

_FRESH: Final = "public, max-age=60"


def _open(content: dict[str, Any]) -> JsonResponse:
    """Readable from any site's page, as the standard asks; new within a minute."""
    return JsonResponse(content, headers={"Access-Control-Allow-Origin": "*", "Cache-Control": _FRESH})


@serves(KEYS)
@require_safe
def keys(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The issuer's key set (HL7 SMART Health Cards)."""
    return _open(published_keys())


@serves(LIST)
@require_safe
def revoked(request: HttpRequest, viewer: Viewer, kid: str) -> HttpResponse:
    """A key's list of revocations."""
    return _open(published_list(kid, instant_of(request)))


@serves(VERIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def verify_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """A box for scanner, camera or pasting, and the verdict. Nothing of it is kept."""
    if request.method != "POST":
        response = _page(request, None)
        response["X-KQ-Keep"] = "1"  # a gate without a network opens it
        return response
    try:
        photo = request.FILES.get("photo")
        text = code_in(photo, first="SHC:/") if photo is not None else request.POST.get("scan", "")[: MOST_READ + 1]
    except Refused as refused:
        return _page(request, None, refused.sentence("en" if in_english() else "zh-hans"))
    return _page(request, judge(text, instant_of(request)))


@serves(VERIFY)
@require_safe
def short(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The address that stands on paper."""
    return redirect("certificate-verify")


def _page(request: HttpRequest, judged: Judged | None, trouble: str = "") -> HttpResponse:
    english = in_english()
    context = {
        "judged": judged,
        "sentence": judged.sentence(english=english) if judged else "",
        "lines": [(line.label[english], line.value[english]) for line in judged.lines] if judged else [],
        "trouble": trouble,
        "data": _data(request, english=english),
    }
    response = render(request, "certificates/verify.html", context)
    response.setdefault("Cache-Control", "no-store")
    return response


def _data(request: HttpRequest, *, english: bool) -> dict[str, Any]:
    """All that the page needs to judge by itself."""

    def said(words: Words) -> str:
        return words[english]

    labels = {"name": NAME, "born": BORN, "vaccine": VACCINE, "dose": DOSE, "on": GIVEN_ON, "lot": LOT, "by": GIVEN_AT}
    names = {system: {code: said(words) for code, words in codes.items()} for system, codes in all_codes().items()}
    return {
        "keys": reverse("certificate-keys"),
        "list": reverse("certificate-revoked", args=["KID"]),
        "good_for": int(lists_good_for(instant_of(request)).total_seconds()),
        "words": {str(word): said(words) for word, words in WORDS.items()},
        "labels": {name: said(words) for name, words in labels.items()},
        "names": names,
        "alone": _("没有网络，用本机存的公钥和名单核验"),
        "unable": _("这个浏览器不能离线核验，请联网"),
    }


urlpatterns = [
    path(".well-known/jwks.json", keys, name="certificate-keys"),
    path(".well-known/crl/<slug:kid>.json", revoked, name="certificate-revoked"),
    path("verify", short, name="certificate-verify-short"),
    path("c/verify", verify_page, name="certificate-verify"),  # where the worker of the workstation keeps it offline
    *own_pages.urlpatterns,
]
