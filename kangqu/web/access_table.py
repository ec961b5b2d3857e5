"""The table of operations as it is served: each URL, its operation, who may call it and on whose data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver
from ninja import Router

from kangqu.kernel.access.operations import Operation, Reach, operation
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.web.serving import operation_of, serves

OPENAPI = operation("api.openapi", "接口说明", "API description", reach=Reach.PUBLIC)
ACCESS_TABLE = operation(
    "access.table",
    "权限总表",
    "Table of operations",
    roles={Role.AUDIT_ADMIN},
    reach=Reach.CITY,
    purpose=Purpose.AUDIT,
    scope="access.audit",
)

router = Router(tags=["access"])


@dataclass(frozen=True, slots=True)
class Served:
    """A URL with the method it takes (* for a page that looks for itself) and the operation behind it, if any."""

    method: str
    path: str
    view: Callable[..., Any]
    operation: Operation | None


def served_urls() -> Iterator[Served]:
    """Every URL of the site, API calls by method."""
    yield from _walk(get_resolver().url_patterns, "/")


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Served]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield from _of_view(path, pattern.callback)


def _of_view(path: str, view: Callable[..., Any]) -> Iterator[Served]:
    calls = _ninja_calls(view)
    if calls is None:
        yield Served("*", path, view, operation_of(view))
        return
    for call in calls:
        for method in call.methods:
            yield Served(method, path, call.view_func, operation_of(call.view_func))


def _ninja_calls(view: Callable[..., Any]) -> list[Any] | None:
    """The calls behind a URL of the API: Ninja keeps them in the closure of the view it makes."""
    for cell in getattr(view, "__closure__", None) or ():
        operations = getattr(cell.cell_contents, "operations", None)
        if isinstance(operations, list):
            return operations
    return getattr(getattr(view, "__self__", None), "operations", None)


@router.get("/openapi.json", include_in_schema=False)
@serves(OPENAPI)
def openapi(request: HttpRequest, viewer: Viewer) -> Any:
    from kangqu.web.api import api

    return api().get_openapi_schema()


@router.get("/access-table")
@serves(ACCESS_TABLE)
def access_table(request: HttpRequest, viewer: Viewer) -> dict[str, list[dict[str, Any]]]:
    """Every served operation: where, who may call it, on whose data, for what."""
    return {"operations": [_row(each, each.operation) for each in served_urls() if each.operation is not None]}


def _row(served: Served, row: Operation) -> dict[str, Any]:
    return {
        "operation": row.name,
        "title": row.title,
        "title_en": row.title_en,
        "method": served.method,
        "path": served.path,
        "roles": sorted(role.value for role in row.roles),
        "scopes": [row.scope] if row.scope else [],
        "reach": row.reach.value,
        "purpose": row.purpose.value if row.purpose else None,
        "second_factor": row.step_up,
    }
