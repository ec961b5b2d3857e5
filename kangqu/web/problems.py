"""Problems: how a refusal reads for a program (RFC 9457, ``application/problem+json``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from kangqu.kernel.basis.refusals import (
    BAD_INPUT,
    NOT_FOUND,
    NOT_YOURS,
    SIGN_IN,
    TOO_LARGE,
    Refusal,
    Refused,
    refusal,
)

METHOD_NOT_ALLOWED = refusal(
    "method_not_allowed",
    "KQ-2102",
    zh="这个地址不支持这种请求方法。",
    en="This address does not take this method.",
    status=405,
)
UNAVAILABLE = refusal(
    "unavailable",
    "KQ-2103",
    zh="服务暂时不可用，请稍后再试。",
    en="The service is not available at the moment: try again later.",
    status=500,
)
DATABASE_AWAY = refusal(
    "database_away",
    "KQ-2104",
    zh="暂时连不上数据库，请过几分钟再试。",
    en="The database cannot be reached at the moment: try again in a few minutes.",
    status=503,
)
_BY_STATUS: Final = {
    401: SIGN_IN,
    403: NOT_YOURS,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    503: DATABASE_AWAY,
}
RETRY_SECONDS: Final = 30
# Classes of SQLSTATE: connection, resources (disk, memory, connections), shutting down, the machine's own errors.
_AWAY: Final = ("08", "53", "57P", "58")


def database_is_away(failed: BaseException | None) -> bool:
    """Whether ``failed`` says that the database cannot be had, rather than that a statement was wrong."""
    if not isinstance(failed, OperationalError | InterfaceError):
        return False
    state = getattr(failed.__cause__, "sqlstate", None)
    return state is None or state.startswith(_AWAY)


def problem(why: Refusal, detail: str, *, errors: list[dict[str, Any]] | None = None) -> HttpResponse:
    """The problem document of a refusal."""
    body: dict[str, Any] = {
        "type": f"urn:kangqu:refusal:{why.name}",
        "title": why.name,
        "status": why.status,
        "code": why.code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=why.status, content_type="application/problem+json; charset=utf-8"
    )
    if why.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="kangqu"'
    return response


def refused_problem(request: HttpRequest, refused: Refused) -> HttpResponse:
    return refused_answer(refused, language_of(request))


def refused_answer(refused: Refused, language: str) -> HttpResponse:
    """The problem of a refusal, in ``zh`` or ``en``."""
    errors = [{"field": refused.field, "message": refused.sentence("en")}] if refused.field else None
    response = problem(refused.why, refused.sentence(language), errors=errors)
    if refused.why.status == 429:
        response["Retry-After"] = str(refused.facts.get("seconds", 60))
    return response


def language_of(request: HttpRequest) -> str:
    """Chinese unless the caller asks for English first."""
    return language_asked(request.META)


def language_asked(meta: Mapping[str, Any]) -> str:
    """The language a request's headers, as WSGI names them, ask for."""
    return "en" if meta.get("HTTP_ACCEPT_LANGUAGE", "").lower().startswith("en") else "zh"


def status_problem(request: HttpRequest, status: int) -> HttpResponse:
    """The problem for a bare status, such as the framework answers with."""
    why = _BY_STATUS.get(status, UNAVAILABLE if status >= 500 else BAD_INPUT)
    facts = {"detail": "HTTP", "limit": f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024 // 1024} MB"}
    response = problem(why, why.sentence(language_of(request), facts))
    if why is DATABASE_AWAY:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
