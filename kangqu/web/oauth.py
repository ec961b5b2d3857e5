"""Tokens for connected systems: OAuth 2 client credentials (RFC 6749 §4.4) and revocation (RFC 7009).

Only the client credentials grant is served: the machinery of other grants is not reached from any URL.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import RevokeTokenView, TokenView

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.web.serving import serves

TOKEN = operation("oauth.token", "换取令牌", "Take a token", reach=Reach.PUBLIC)
REVOKE = operation("oauth.revoke", "作废令牌", "Revoke a token", reach=Reach.PUBLIC)

_token = TokenView.as_view()
_revoke = RevokeTokenView.as_view()


@csrf_exempt
@serves(TOKEN)
def token(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """A bearer token for a client's id and secret (HTTP Basic), for an hour."""
    return _answered(_token, request)


@csrf_exempt
@serves(REVOKE)
def revoke(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """End a token of the client that asks."""
    return _answered(_revoke, request)


def _answered(view: Any, request: HttpRequest) -> HttpResponse:
    if request.GET:
        raise Refused(BAD_INPUT, detail="no secrets in addresses")
    if any("\x00" in value for values in request.POST.lists() for value in [values[0], *values[1]]):
        raise Refused(BAD_INPUT, detail="NUL")
    response = view(request)
    response["Cache-Control"] = "no-store"
    return response
