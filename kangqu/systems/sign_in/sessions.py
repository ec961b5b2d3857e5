"""The browser's side of signing in: what a half-finished sign-in remembers, and the change of session at its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.http import url_has_allowed_host_and_scheme

from kangqu.kernel.access.accounts import account_numbered
from kangqu.kernel.access.models import Account
from kangqu.kernel.access.sign_ins import start_sign_in, step_up
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import SIGN_IN, Refused
from kangqu.kernel.basis.sealing import seal, unseal
from kangqu.kernel.trace.actor import Actor
from kangqu.web.middleware import instant_of
from kangqu.web.serving import SESSION_KEY, forget_viewer, viewer_of

_PENDING: Final = "pending"
_FIELD: Final = "access.pending"
_SEALED: Final = frozenset({"asked", "phone"})
_PATIENCE: Final = timedelta(minutes=10)


def begin(request: HttpRequest, request_actor: Actor, account: Account, *, stepped_up: bool) -> None:
    """The session is new from here: whatever number the browser came with is worth nothing any more."""
    started = start_sign_in(account, by=request_actor, at=instant_of(request), stepped_up=stepped_up)
    request.session.flush()
    request.session[SESSION_KEY] = started.pk
    rotate_token(request)
    forget_viewer(request)


def remember(request: HttpRequest, **facts: str | int | bool) -> None:
    """Keep what a half-finished sign-in has proved, sealed where it is a phone, for ten minutes."""
    request.session.cycle_key()
    kept = {name: seal(str(fact), _FIELD).hex() if name in _SEALED else fact for name, fact in facts.items()}
    request.session[_PENDING] = {**kept, "at": instant_of(request).isoformat()}


def remembered(request: HttpRequest, name: str) -> Any:
    """One thing a half-finished sign-in has proved; ``Refused(SIGN_IN)`` when it has not or too long ago."""
    pending = request.session.get(_PENDING) or {}
    fresh = "at" in pending and instant_of(request) - datetime.fromisoformat(pending["at"]) < _PATIENCE
    if not fresh:
        raise Refused(SIGN_IN)
    if name not in pending:
        raise Refused(SIGN_IN)
    return unseal(bytes.fromhex(pending[name]), _FIELD) if name in _SEALED else pending[name]


def pending_account(request: HttpRequest) -> Account:
    """The staff account whose password was proved in this session."""
    return account_numbered(int(remembered(request, "account")))


def way_on(request: HttpRequest, otherwise: str) -> str:
    """The page asked for before signing in, if it is one of ours; never another site's."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return (
        wanted
        if ours and not wanted.startswith("/sign-") and "\\" not in wanted and wanted.isprintable()
        else otherwise
    )


def stepped_up(request: HttpRequest, viewer: Viewer) -> None:
    """The second factor was shown within a session: the session goes on under a new number."""
    step_up(viewer.sign_in_id or 0, at=instant_of(request))
    request.session.cycle_key()
    forget_viewer(request)


def actor_of(request: HttpRequest) -> Actor:
    return viewer_of(request).actor()
