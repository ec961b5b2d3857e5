"""Pictures and files of a case: added, and shown through the case's door by answers that no page can misuse."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_YOURS, TOO_LARGE, Refused
from kangqu.kernel.cases.documents import add_document, document_of
from kangqu.kernel.cases.doors import CaseAccess, access_case
from kangqu.systems.casework import forms, operations, reads
from kangqu.systems.casework.step_pages import _asked
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_READ_AT_MOST: Final = 50_000_000
"""Bytes: no policy allows more, and nothing greater is read into memory."""
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@serves(operations.WRITE)
def add(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    access = access_case(viewer, code, at=instant_of(request))

    def done(given: dict[str, Any]) -> HttpResponse:
        keep(viewer, access, given["file"], title=given["title"], at=instant_of(request))
        messages.success(request, _("材料已存好。"))
        return redirect("case", access.case.code)

    form = forms.AddDocument(request.POST or None, request.FILES or None)
    return _asked(request, access, form, done, _("添加材料"))


def keep(viewer: Viewer, access: CaseAccess, file: Any, *, title: str, at: Any) -> Any:
    """Keep an uploaded file with the case, for somebody who takes part in it."""
    if not reads.may(access, viewer).add_document:
        raise Refused(NOT_YOURS)
    if file.size > _READ_AT_MOST:
        raise Refused(TOO_LARGE, field="file", limit="50 MB")
    return add_document(access.case.id, file.read(), title=title, by=access.actor(viewer), at=at)


@serves(operations.READ)
def see(request: HttpRequest, viewer: Viewer, code: str, number: int) -> HttpResponse:
    return answer(viewer, code, number, at=instant_of(request))


def answer(viewer: Viewer, code: str, number: int, *, at: Any) -> HttpResponse:
    """A document as it is kept: pictures are shown, anything else is handed out as a file."""
    access = access_case(viewer, code, at=at, action="case.see_document")
    kept, content = document_of(access.case.id, number)
    ending = {"image/jpeg": "jpg", "image/png": "png"}.get(kept.kind, "pdf")
    how = "inline" if kept.kind.startswith("image/") else "attachment"
    name = quote(f"{kept.title or access.case.code}.{ending}")
    return HttpResponse(
        content,
        content_type=kept.kind,
        headers={
            **_SAFE,
            "Content-Disposition": f"{how}; filename=\"{access.case.code}.{ending}\"; filename*=UTF-8''{name}",
        },
    )


urlpatterns = [
    path("c/cases/<str:code>/documents", add, name="case-document-add"),
    path("c/cases/<str:code>/documents/<int:number>", see, name="case-document"),
]
