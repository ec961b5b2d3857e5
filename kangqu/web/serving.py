"""Serving: between a URL and what answers it stands an operation.

``@serves(OPERATION)`` binds a page or an API call to its row in the table of operations, finds out who asks, refuses
those the row does not admit, and hands the ``viewer`` down. Nothing is served without it but static files; a test
walks every URL of the site.
"""

from __future__ import annotations

import inspect
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, wraps
from importlib import import_module
from typing import Any, Final, TypeVar, get_type_hints
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from kangqu.kernel.access.doors import Hidden
from kangqu.kernel.access.identify import viewer_of_session, viewer_of_token
from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.proof import Outdated, prove
from kangqu.kernel.access.viewer import CHANGE_PASSWORD_FIRST, ENROL_FIRST, SCOPE_MISSING, STEP_UP, Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_YOURS, SIGN_IN, Refused, refusal
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.web.middleware import instant_of
from kangqu.web.pages import refused_page as sentence_page
from kangqu.web.problems import refused_problem

FORGED_REQUEST = refusal(
    "forged_request",
    "KQ-2101",
    zh="页面已过期，请刷新后再试。",
    en="The page has expired: reload it and try again.",
    status=403,
)

MACHINE_PATHS: Final = ("/api/", "/fhir/", "/oauth/")
SESSION_KEY: Final = "sign_in"

View = TypeVar("View", bound=Callable[..., Any])


def for_machines(request: HttpRequest) -> bool:
    """Whether the answer is read by a program: problems are JSON, nobody is sent to a sign-in page."""
    return request.path.startswith(MACHINE_PATHS)


def viewer_of(request: HttpRequest) -> Viewer:
    """Who asks. Asked once per request; an unknown, ended or missing key gives a viewer who has not signed in.

    A bearer token counts only in the ``Authorization`` header and only for programs; when one is sent, the session is
    not looked at.
    """
    known: Viewer | None = getattr(request, "_viewer", None)
    if known is None:
        known = as_it_came(_identified(request) or Viewer(), request.META, getattr(request, "number", ""))
        request._viewer = known  # type: ignore[attr-defined]
    return known


def as_it_came(viewer: Viewer, meta: Mapping[str, Any], number: str) -> Viewer:
    """The viewer with where this request (its headers as WSGI names them, its number) came from."""
    return replace(
        viewer,
        ip=_ip_of(meta.get("REMOTE_ADDR", "")),
        device=_device_of(meta.get("HTTP_USER_AGENT", "")),
        request_id=number,
    )


def forget_viewer(request: HttpRequest) -> None:
    """Ask again who it is: signing in or out has changed it within the request."""
    if hasattr(request, "_viewer"):
        del request._viewer


def _identified(request: HttpRequest) -> Viewer | None:
    authorization = request.META.get("HTTP_AUTHORIZATION", "")
    if authorization and for_machines(request):
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        remembered = getattr(request, "_proves", False)
        return viewer_of_token(token.strip(), instant_of(request), remembered=remembered)
    session = session_of(request)
    sign_in_id = session.get(SESSION_KEY) if session is not None else None
    if sign_in_id is None:
        return None
    return viewer_of_session(sign_in_id, instant_of(request))


def session_of(request: HttpRequest) -> SessionBase | None:
    """The request's session, or None when it brought no session cookie. Works where page middleware does not run."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    session: SessionBase | None = getattr(request, "session", None)
    return session if session is not None else _session_store()(request.COOKIES[settings.SESSION_COOKIE_NAME])


@lru_cache(maxsize=1)
def _session_store() -> Callable[[str], SessionBase]:
    return import_module(settings.SESSION_ENGINE).SessionStore


@lru_cache(maxsize=1024)
def _ip_of(address: str) -> str | None:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _device_of(agent: str) -> str:
    """What the browser calls itself, cut short: enough to recognise one's own sign-ins."""
    return "".join(symbol for symbol in agent if symbol.isprintable())[:60]


def admit(request: HttpRequest, operation: Operation) -> Viewer:
    """The viewer, if ``operation`` admits her; otherwise ``Refused``."""
    if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path:
        raise Refused(BAD_INPUT, detail="NUL")
    if operation.public and not request.COOKIES and "HTTP_AUTHORIZATION" not in request.META:
        return viewer_of(request)
    viewer = viewer_of(request)
    refused = viewer.may(operation)
    if refused is not None:
        raise refused
    if viewer.sign_in_id is not None and for_machines(request) and check_csrf(request) is not None:
        raise Refused(FORGED_REQUEST)
    if operation.step_up and not viewer.stepped_up(instant_of(request)):
        raise Refused(STEP_UP)
    return viewer


def may_open(operation: Operation) -> Callable[[HttpRequest], bool]:
    """Whether a menu line is shown: to those whom ``operation`` admits."""
    return lambda request: viewer_of(request).may(operation) is None


class _Guard(AuthBase):
    """Admission before the body is read: a stranger's ten megabytes are refused unparsed."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, operation: Operation, proves: bool) -> None:
        self._operation = operation
        self._proves = proves
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        request._admitted = self._operation  # type: ignore[attr-defined]
        request._proves = self._proves  # type: ignore[attr-defined]
        return _admitted(request, self._operation)


def _admitted(request: HttpRequest, operation: Operation) -> Viewer:
    """As ``admit``; that somebody who signed in tried what she may not is traced."""
    try:
        return admit(request, operation)
    except Refused as refused:
        viewer = viewer_of(request)
        if viewer.signed_in and refused.why in (NOT_YOURS, SCOPE_MISSING):
            by = viewer.actor(purpose=operation.purpose)
            entry = by.did(
                "operation.refused",
                at=instant_of(request),
                facts={"operation": operation.name, "code": refused.why.code},
                result=Result.REFUSED,
                stream=Stream.SECURITY,
            )
            record(entry)
        raise


def serves(operation: Operation, *, proves: bool = False) -> Callable[[View], View]:
    """Bind a view to ``operation``. The view takes ``viewer: Viewer`` beside its other arguments.

    A view that ``proves`` may be given a remembered device, and answers nothing before ``viewer.proof`` was proved.
    A page that refuses shows the refusal's sentence (or leads to sign-in, to the due change of password, to the
    second factor); an API call answers with a problem. The view itself raises ``Refused`` in both.
    """

    def bind(view: View) -> View:
        calls: list[Any] = []  # the calls of the API this view answers

        @wraps(view)
        def served(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            guarded = getattr(request, "_admitted", None) is operation
            try:
                viewer = viewer_of(request) if guarded else _admitted(request, operation)
                try:
                    return _proved(viewer, lambda: view(request, *args, viewer=viewer, **kwargs))
                except Outdated:
                    request._proves = False  # type: ignore[attr-defined]
                    forget_viewer(request)
                    return view(request, *args, viewer=_admitted(request, operation), **kwargs)
            except Refused as refused:
                if isinstance(refused, Hidden):
                    record(refused.entry)
                if calls:
                    raise  # the API makes a problem of it
                return refused_problem(request, refused) if for_machines(request) else refused_page(request, refused)

        def guard_call(call: Any) -> None:
            # Ninja asks guards before it reads the body. The table of operations reads ``operation`` from the view.
            calls.append(call)
            guard = _Guard(operation, proves)
            call._set_auth([guard] if not operation.public else None)
            if proves and not call.models:
                call._run_decorators = [lambda run: _answering(run.__self__, guard)]  # a mounted call is made anew

        served.operation = operation  # type: ignore[attr-defined]
        served.proves = proves  # type: ignore[attr-defined]
        served._ninja_contribute_to_operation = [guard_call]  # type: ignore[attr-defined]
        served.__signature__ = _without_viewer(view)  # type: ignore[attr-defined]
        return served  # type: ignore[return-value]

    return bind


def _answering(call: Any, guard: _Guard) -> Callable[..., Any]:
    """What runs a call whose view reads its own body and makes its own response: admission, then the view."""

    def run(request: HttpRequest, **path: Any) -> Any:
        try:
            guard(request)
            return call.view_func(request, **path)
        except Exception as trouble:  # noqa: BLE001 - the API makes a problem of it, or raises it again
            return call.api.on_exception(request, trouble)

    return run


def _proved(viewer: Viewer, answer: Callable[[], Any]) -> Any:
    """The view's answer. A remembered viewer is not even refused before she is proved."""
    try:
        return answer()
    except Refused:
        prove(viewer.proof)
        raise


def _without_viewer(view: Callable[..., Any]) -> inspect.Signature:
    """The view's signature as the router should see it: annotations resolved, the viewer left out."""
    signature = inspect.signature(view)
    try:
        hints = get_type_hints(inspect.unwrap(view), include_extras=True)
    except NameError:
        hints = {}
    parameters = [
        parameter.replace(annotation=hints.get(name, parameter.annotation))
        for name, parameter in signature.parameters.items()
        if name != "viewer"
    ]
    return signature.replace(parameters=parameters)


# Where a refusal can be put right; the pages are those of the system of signing in.
_LEADS_TO: Final = {
    SIGN_IN: "/sign-in",
    CHANGE_PASSWORD_FIRST: "/account/password",
    ENROL_FIRST: "/account/second-factor",
    STEP_UP: "/account/step-up",
}


def refused_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The page that says no, or the redirect to where the reason can be put right. A script that asked for JSON gets a problem."""
    if request.headers.get("Accept") == "application/json":
        return refused_problem(request, refused)
    leads_to = _LEADS_TO.get(refused.why)
    if leads_to is not None:
        where = f"{leads_to}?{urlencode({'next': _way_back(request)})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": where})
        return HttpResponseRedirect(where)
    return sentence_page(request, refused)


def _way_back(request: HttpRequest) -> str:
    return request.get_full_path() if request.method == "GET" and not request.headers.get("HX-Request") else "/"


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """The operation a view serves, or None."""
    return getattr(view, "operation", None)
