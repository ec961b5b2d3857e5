"""A small site for the tests of serving: one page and a few API calls, bound like any other."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import Router
from ninja.responses import Status

from kangqu.kernel.access.operations import EVERY_ROLE, Reach, operation
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.site.urls import urlpatterns as real
from kangqu.web.api import Schema, Text, Whole
from kangqu.web.keys import keyed
from kangqu.web.serving import serves

PAGE = operation("test.page", "页", "Page", roles={Role.DOCTOR}, reach=Reach.SUBTREE, purpose=Purpose.CARE)
READ = operation("test.read", "读", "Read", roles={Role.DOCTOR, Role.DEVICE}, reach=Reach.SUBTREE, scope="test.read")
WRITE = operation("test.write", "写", "Write", roles={Role.DOCTOR}, reach=Reach.SUBTREE, scope="test.write")
ANY = operation("test.any", "都", "Any", roles=EVERY_ROLE, reach=Reach.SELF, scope="test.any")
CAREFUL = operation(
    "test.careful", "谨", "Careful", roles={Role.DOCTOR}, reach=Reach.SUBTREE, scope="test.careful", step_up=True
)

calls: list[str] = []


class Thing(Schema):
    name: Text
    count: Whole = 0


class Done(Schema):
    number: int
    name: str


@serves(PAGE)
def page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    if request.GET.get("refuse"):
        raise Refused(NOT_FOUND)
    return HttpResponse(f"{viewer.display_name}")


@serves(CAREFUL)
def careful_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    return HttpResponse("careful")


router = Router()


@router.get("/things/{code}")
@serves(READ)
def read_thing(request: HttpRequest, viewer: Viewer, code: Text, limit: Whole = 5) -> dict[str, object]:
    return {"code": code, "limit": limit, "who": viewer.display_name, "roles": sorted(viewer.roles)}


@router.post("/things", response={201: Done})
@serves(WRITE)
@keyed
def write_thing(request: HttpRequest, viewer: Viewer, body: Thing) -> Status[Done]:
    if body.name == "refuse":
        raise Refused(NOT_FOUND, field="name")
    calls.append(body.name)
    return Status(201, Done(number=len(calls), name=body.name))


@router.get("/any")
@serves(ANY)
def anybody(request: HttpRequest, viewer: Viewer) -> dict[str, object]:
    return {"who": viewer.display_name}


def _api():
    from kangqu.web import api as root

    made = root.new_api(namespace="test-api")
    made.add_router("", router)
    return made


urlpatterns = [
    path("page", page),
    path("careful", careful_page),
    path("api/test/", _api().urls),
    path("sign-in-of-tests", page, name="sign-in-of-tests"),
    *real,
]
