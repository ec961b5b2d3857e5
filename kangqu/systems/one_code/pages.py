"""扫码: one box that takes a scanner, a hand or a photo, says at once who stands there, and works without a network."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, path, resolve, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.people.codes.reads import published_keys, revocations
from kangqu.systems.one_code.actions import verify
from kangqu.systems.one_code.definition import DESK
from kangqu.systems.one_code.desk import MOST_KEPT, Desk, Told, code_of, desk_at, offline_words, stations_for, told_of
from kangqu.systems.one_code.desk import take_kept as take
from kangqu.systems.one_code.reads import OpenStation, scans_taken
from kangqu.systems.one_code.refusals import NO_STATION
from kangqu.systems.one_code.scans import Scan
from kangqu.web.middleware import instant_of
from kangqu.web.photos import code_in
from kangqu.web.serving import operation_of, serves

RECENT: Final = 5
_STATION, _KEYS = "desk_station", "desk_keys"
_WHOLE: Final = "-"  # the institution as a whole, chosen
_CLOCKS_AGREE: Final = timedelta(seconds=10)
_FRAGMENT: Final = "X-KQ-Fragment"


@serves(DESK)
def scan(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The page; a scan sent to it; and, for its script, the part that changes."""
    stations = stations_for(viewer)
    station = _chosen(request, stations)
    if request.method != "POST":
        if station is None or "choose" in request.GET:
            return render(request, "one_code/station.html", {"stations": stations, "station": station})
        return _page(request, viewer, desk_at(viewer, station), shown=request.GET.get("shown", ""))
    try:
        if station is None:
            raise Refused(NO_STATION)
        desk = desk_at(viewer, station)
    except Refused as refused:
        sentence = refused.sentence(_language())
        context = {"stations": stations, "station": None, "sentence": sentence}
        return render(request, "one_code/station.html", context, status=422)
    return _posted(request, viewer, desk)


def _posted(request: HttpRequest, viewer: Viewer, desk: Desk) -> HttpResponse:
    key = request.POST.get("key") or secrets.token_hex(16)
    if not _by_script(request) and key in _keys(request):  # the same form sent again
        return _shown(key)
    try:
        photo = request.FILES.get("photo")
        text = code_of(code_in(photo) if photo is not None else request.POST.get("code", ""))
        if not text:
            raise Refused(BAD_INPUT, field="code", detail="code")
        at = instant_of(request)
        answer = verify(Scan(key, text, _scanned_at(request, at)), place=desk.place, by=desk.actor(viewer), at=at)
        if answer.refused is not None and answer.word is None:
            raise answer.refused
    except Refused as refused:
        return _page(request, viewer, desk, refused=refused)
    _remember(request, [answer.key])
    if _by_script(request):
        return _page(request, viewer, desk, shown=answer.key)
    return _shown(answer.key)


def _shown(key: str) -> HttpResponse:
    return redirect(f"{reverse('desk-scan')}?{urlencode({'shown': key})}")


def _scanned_at(request: HttpRequest, at: datetime) -> datetime:
    """When the desk says it scanned, so that a scan sent again is the same one; a clock that is wrong is not believed."""
    try:
        said = parse_datetime(request.POST.get("at", "")[:40])
        if said is not None and said.tzinfo is not None and abs(said - at) <= _CLOCKS_AGREE:
            return said
    except (ValueError, OverflowError):
        return at
    return at


def _page(
    request: HttpRequest, viewer: Viewer, desk: Desk, *, shown: str = "", refused: Refused | None = None
) -> HttpResponse:
    at, fragment = instant_of(request), _by_script(request)
    keys = _keys(request)
    role, language = desk.held.role, _language()
    told = [told_of(each, role, language=language) for each in scans_taken(viewer.principal_id or 0, keys)]
    result = next((each for each in told if each.key == shown), None)
    if refused is not None:
        result = Told("", at, False, refused.sentence(language))
    context: dict[str, Any] = {
        "result": result,
        "resident_at": _address(viewer, result.code) if result is not None and result.code else "",
        "recent": told,
    }
    if not fragment:
        context |= {
            "desk": desk,
            "key": secrets.token_hex(16),
            "data": _data(at, desk, language),
            "has_errors": refused is not None,
        }
    status = 422 if refused is not None and not fragment else 200
    response = render(request, f"one_code/{'_parts' if fragment else 'scan'}.html", context, status=status)
    if fragment:
        response[_FRAGMENT] = "scan"
    elif request.method == "GET" and not request.GET:
        response["X-KQ-Keep"] = "1"  # without a result: nobody's name is kept on the device
    return response


def _address(viewer: Viewer, code: str) -> str:
    """Where the resident opens, when such a page is installed and this viewer is admitted to it."""
    try:
        where = reverse("resident", args=[code])
    except NoReverseMatch:
        return ""
    operation = operation_of(resolve(where).func)
    return where if operation is not None and viewer.may(operation) is None else ""


def _data(at: datetime, desk: Desk, language: str) -> dict[str, Any]:
    """All that the page needs to verify by itself."""
    return {
        "published": published_keys(at),
        "revocations": revocations(at),
        "station": desk.station.code if desk.station else "",
        "here": reverse("desk-scan"),
        "kept": reverse("desk-scan-kept"),
        "keys": reverse("api:code_keys"),
        "revoked": reverse("api:code_revocations"),
        "words": offline_words(language),
    }


@serves(DESK)
@require_POST
def choose_station(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Remember where this desk stands, for as long as the session lasts."""
    wanted = request.POST.get("station", "")[:16]
    if wanted != _WHOLE:
        desk_at(viewer, wanted)
    request.session[_STATION] = wanted
    return redirect("desk-scan")


@serves(DESK)
@require_POST
def take_kept(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The outbox of the page: scans kept without a network, each with its own key and time, answered one by one."""
    try:
        items = json.loads(request.body)["items"]
    except (ValueError, RecursionError, KeyError, TypeError):
        items = None
    if not isinstance(items, list) or not 0 < len(items) <= MOST_KEPT:
        raise Refused(BAD_INPUT, field="items", detail=f"items: 1 – {MOST_KEPT}")
    answers, taken = take(items, viewer=viewer, at=instant_of(request), language=_language())
    _remember(request, taken)
    return JsonResponse({"answers": answers}, json_dumps_params={"ensure_ascii": False})


def _chosen(request: HttpRequest, stations: list[OpenStation]) -> str | None:
    """The station this desk stands at: "" the whole institution, None when it must be chosen first."""
    kept = request.session.get(_STATION)
    if kept == _WHOLE or not stations:
        return ""
    if any(kept == station.code for station in stations):
        return str(kept)
    return stations[0].code if len(stations) == 1 else None


def _keys(request: HttpRequest) -> list[str]:
    """The keys of the last scans of this session, newest first."""
    return list(request.session.get(_KEYS, []))


def _remember(request: HttpRequest, keys: Iterable[str]) -> None:
    known = _keys(request)
    for key in keys:
        known = [key, *(each for each in known if each != key)]
    request.session[_KEYS] = known[:RECENT]


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get(_FRAGMENT) == "scan"


def _language() -> str:
    return get_language() or "zh-hans"


urlpatterns = [
    path("c/scan", scan, name="desk-scan"),
    path("c/scan/station", choose_station, name="desk-scan-station"),
    path("c/scan/kept", take_kept, name="desk-scan-kept"),
]
