"""The JSON API under ``/api/v1``: one root, to which each system adds the router of its ``api.py``.

Answers are JSON; refusals are ``application/problem+json`` (RFC 9457) with the stable ``code`` of the refusal. Bad
input is refused, never a server error: strings without NUL or half characters, integers of 64 bits, no field twice and
none unknown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, Final, TypeVar, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja import Schema as NinjaSchema
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic import ValidationError as InvalidShape

from kangqu.kernel.basis.refusals import BAD_INPUT, TOO_LARGE, Refused
from kangqu.web.problems import language_of, problem, refused_problem, status_problem

_MAX_DEPTH: Final = 50


def clean_text(text: str) -> str:
    """``text`` if PostgreSQL can keep it: no NUL, no half of a surrogate pair; otherwise ``ValueError``."""
    if "\x00" in text:
        raise ValueError("NUL is not allowed")
    if not text.isascii() and any("\ud800" <= symbol <= "\udfff" for symbol in text):
        raise ValueError("half a character is not allowed")
    return text


class Schema(NinjaSchema):
    """What goes in and out. Input with an unknown field is refused; a string is at most 2,000 characters."""

    model_config = ConfigDict(extra="forbid", str_max_length=2000)


class Item(BaseModel):
    """One of many that come in together: a ``Schema`` without the framework's reading of objects, for parsed JSON only."""

    model_config = ConfigDict(extra="forbid", str_max_length=2000)


Text = Annotated[str, Field(max_length=200), AfterValidator(clean_text)]
LongText = Annotated[str, Field(max_length=2000), AfterValidator(clean_text)]
PublicCode = Annotated[str, Field(min_length=1, max_length=20), AfterValidator(clean_text)]
Whole = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A whole number PostgreSQL's bigint can hold."""
Limit = Annotated[int, Field(ge=1, le=200)]
"""How many rows a page of answers may have."""


Instant = Annotated[
    AwareDatetime,
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
]
"""An instant with its offset, in years that every zone and the database can hold."""


class Problem(NinjaSchema):
    """RFC 9457. ``code`` is stable (docs/refusals.md); ``detail`` is Chinese or English as the caller's language is."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, Any]] | None = None


class StrictJson(Parser):
    """Ninja's bodies, read by ``read_json``."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request)


def read_json(request: HttpRequest) -> Any:
    """The request's body: JSON as RFC 8259 says and a database can keep it, or ``Refused``.

    No field twice, no NaN, no NUL, nothing nested without end.
    """
    try:
        return decode_json(request.body)
    except RequestDataTooBig:
        raise Refused(TOO_LARGE, limit=f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024 // 1024} MB") from None


def decode_json(body: bytes) -> Any:
    """As ``read_json``, of a body that was read."""
    try:
        text = body.decode("utf-8")
        data = _decode(text)
    except RecursionError:
        raise Refused(BAD_INPUT, detail="JSON: nested too deeply") from None
    except ValueError as trouble:
        raise Refused(BAD_INPUT, detail=f"JSON: {trouble}"[:200]) from None
    if "\\u" in text or "\x00" in text:
        _clean_deep(data, 0)
    return data


Shape = TypeVar("Shape")


def read_body(request: HttpRequest, shape: TypeAdapter[Shape]) -> Shape:
    """The request's body as ``shape``, or the refusal that names every field that is wrong."""
    try:
        return shape.validate_python(read_json(request))
    except InvalidShape as invalid:
        found = invalid.errors(include_url=False, include_input=False, include_context=False)
        raise ValidationError([{**each, "loc": ("body", *each["loc"])} for each in found]) from None


def _no_field_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is given twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def json_answer(data: Any, *, status: int = 200) -> HttpResponse:
    """An answer made of what JSON has of itself: words, whole numbers, lists. For calls that are answered often."""
    return HttpResponse(_encode(data), status=status, content_type="application/json")


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode: Final = json.JSONDecoder(object_pairs_hook=_no_field_twice, parse_constant=_no_constant).decode


def _clean_deep(data: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise Refused(BAD_INPUT, detail="JSON: nested too deeply")
    if isinstance(data, str):
        try:
            clean_text(data)
        except ValueError as trouble:
            raise Refused(BAD_INPUT, detail=f"JSON: {trouble}") from None
    elif isinstance(data, dict):
        for key, value in data.items():
            _clean_deep(key, depth + 1)
            _clean_deep(value, depth + 1)
    elif isinstance(data, list):
        for value in data:
            _clean_deep(value, depth + 1)


class KangquAPI(NinjaAPI):
    """Ninja's API with our parser, our errors, and the header that marks a replayed answer."""

    def create_response(self, request: HttpRequest, data: Any, **options: Any) -> HttpResponse:
        response = super().create_response(request, data, **options)
        if getattr(request, "replayed", False):
            response["Idempotent-Replay"] = "true"
        return response


def _invalid(request: HttpRequest, invalid: ValidationError) -> HttpResponse:
    errors = [{"field": ".".join(str(part) for part in each["loc"]), "message": each["msg"]} for each in invalid.errors]
    first = f"{errors[0]['field']}: {errors[0]['message']}" if errors else ""
    detail = Refused(BAD_INPUT, detail=first).sentence(language_of(request))
    return problem(BAD_INPUT, detail, errors=errors[:50])


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own errors; what our parser refused comes wrapped in one of them."""
    if isinstance(error.__cause__, Refused):
        return refused_problem(request, error.__cause__)
    return status_problem(request, error.status_code)


def _routers() -> list[Router]:
    """The routers of the installed systems, in the order they are installed."""
    names = [f"{app}.api" for app in settings.INSTALLED_APPS if app.startswith("kangqu.systems.")]
    return [import_module(name).router for name in names if find_spec(name) is not None]


def new_api(namespace: str) -> KangquAPI:
    """An API with our parser and errors, and nothing in it yet."""
    made = KangquAPI(
        title="康衢 Kangqu",
        version="1",
        parser=StrictJson(),
        docs_url=None,
        openapi_url=None,
        urls_namespace=namespace,
    )
    made.add_exception_handler(Refused, cast(Any, refused_problem))
    made.add_exception_handler(ValidationError, cast(Any, _invalid))
    made.add_exception_handler(HttpError, cast(Any, _http_error))
    made.add_exception_handler(Http404, lambda request, _: status_problem(request, 404))
    return made


@lru_cache(maxsize=1)
def api() -> KangquAPI:
    """The one API, with every installed system's router and the house's own."""
    from kangqu.web.access_table import router as own

    made = new_api("api")
    made.add_router("", own)
    for router in _routers():
        made.add_router("", router)
    return made


class ProblemsForMachines:
    """The framework's own error pages, under the API's paths, become problems too."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answer(request)
        if response.status_code < 400 or not request.path.startswith(("/api/", "/fhir/")):
            return response
        if response.headers.get("Content-Type", "").startswith("application/"):
            return response
        return status_problem(request, response.status_code)
