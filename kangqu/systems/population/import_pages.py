"""Lists of residents: template, upload, check, write, result; stopped, resumed, taken back. The work runs in the queue."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing import actions, reads
from kangqu.kernel.people.importing.limits import listed, preview_rows, undo_within
from kangqu.kernel.people.importing.models import AT_WORK, ImportMode
from kangqu.kernel.people.importing.tasks import run_soon
from kangqu.kernel.people.importing.template import write_template
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.population import forms, operations
from kangqu.systems.population.reads import import_of
from kangqu.web.asking import ask
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


def _acting(viewer: Viewer) -> tuple[Actor, Held]:
    held = viewer.holding(operations.IMPORT.roles)[0]
    return viewer.actor(held=held, purpose=Purpose.REGISTRATION), held


@serves(operations.IMPORT)
def imports(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The imports of one's institution, and the upload of a new list."""
    by, held = _acting(viewer)

    def start(given: dict[str, Any]) -> HttpResponse:
        file, mode = given["file"], ImportMode(given["mode"])
        job = actions.start_import(file_name=file.name, blocks=file.chunks(), by=by, at=instant_of(request), mode=mode)
        run_soon(job)
        return redirect("import", job.code)

    form = forms.Upload(request.POST or None, request.FILES or None)
    jobs = reads.latest_imports(held.institution_id, limit=listed(city_day(instant_of(request))))
    return ask(request, form, start, template="population/imports.html", jobs=jobs)


@serves(operations.IMPORT)
def one_import(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    job = import_of(viewer, code)
    language, today = get_language() or "zh-hans", city_day(instant_of(request))
    count = preview_rows(today)
    context = {
        "job": job,
        "progress": reads.progress(job),
        "at_work": job.state in AT_WORK,
        "failure": reads.failure(job, language),
        "rows": reads.first_rows(job, language, count=count),
        "wrong": reads.first_rows(job, language, count=count, wrong=True),
        "counts": job.counts,
        "columns": reads.columns_shown(job),
        "nothing_new": reads.is_nothing_new(job),
        "undo_hours": int(undo_within(today).total_seconds() // 3600),
    }
    return render(request, "population/import.html", context)


_VERBS = {
    "confirm": actions.confirm,
    "stop": actions.stop,
    "resume": actions.resume,
    "undo": actions.undo,
}


@serves(operations.IMPORT)
def act(request: HttpRequest, viewer: Viewer, code: str, verb: str) -> HttpResponse:
    """Confirm, stop, resume, undo: a button each."""
    job = import_of(viewer, code)
    if request.method != "POST":
        return redirect("import", code)
    by, _held = _acting(viewer)
    try:
        _VERBS[verb](job, by=by, at=instant_of(request))
    except Refused as refused:
        messages.error(request, f"{refused.sentence(get_language() or 'zh-hans')}（{refused.why.code}）")
    else:
        if verb != "stop":
            run_soon(job)
        messages.success(request, _("已安排，完成后这里会显示结果。"))
    return redirect("import", code)


@serves(operations.IMPORT)
def errors(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponseBase:
    """The wrong rows as a file that can be corrected and uploaded as it is."""
    job = import_of(viewer, code)
    spreadsheet = request.GET.get("format") == "xlsx"
    out = io.BytesIO()
    reads.write_errors(job, out, spreadsheet=spreadsheet, language=get_language() or "zh-hans")
    out.seek(0)
    name = f"{job.code}-{_('有误的行')}.{'xlsx' if spreadsheet else 'csv'}"
    return FileResponse(out, as_attachment=True, filename=name)


@serves(operations.IMPORT)
def template(request: HttpRequest, viewer: Viewer) -> HttpResponseBase:
    out = io.BytesIO()
    write_template(out)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=_("居民名单模板") + ".xlsx")


urlpatterns = [
    path("c/import", imports, name="imports"),
    path("c/import/template", template, name="import-template"),
    path("c/import/<str:code>", one_import, name="import"),
    path("c/import/<str:code>/errors", errors, name="import-errors"),
    *[path(f"c/import/<str:code>/{verb}", act, {"verb": verb}, name=f"import-{verb}") for verb in _VERBS],
]
