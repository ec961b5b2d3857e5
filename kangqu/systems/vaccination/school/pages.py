"""班级名单: a school's classes, the lists they were taken from with the rows refused, and who is in each."""

from __future__ import annotations

from typing import Any

from django import forms as django
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused, all_refusals
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actions import record
from kangqu.systems.vaccination.school.lists import leave_class, school_at, school_year, take_list
from kangqu.systems.vaccination.school.models import ClassList, Pupil, SchoolClass
from kangqu.systems.vaccination.school.operations import LISTS
from kangqu.web.asking import ask
from kangqu.web.forms import Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

SHOWN = 20


class Upload(Form):
    """The list as the school has it."""

    file = django.FileField(
        label=gettext_lazy("班级名单"),
        help_text=gettext_lazy("Excel 或 CSV，要有姓名、身份证号、年级、班级四列；最多 10 MB"),
    )


@serves(LISTS)
@require_http_methods(["GET", "HEAD", "POST"])
def classes(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The classes of this school year, the latest lists, and taking another."""
    held, at = viewer.holding(LISTS.roles)[0], instant_of(request)
    school = school_at(held.institution_id)

    def write(given: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
        taken = take_list(given["file"].chunks(), file_name=given["file"].name, institution_id=school.pk, by=by, at=at)
        return redirect("school-list", taken.pk)

    year = school_year(city_day(at))
    mine = SchoolClass.objects.filter(school=school, year=year).annotate(
        children=Count("pupils", filter=Q(pupils__until=None))
    )
    context = {
        "school": school, "year": year, "classes": mine.order_by("grade", "name"),
        "lists": ClassList.objects.filter(school=school).order_by("-taken_at", "-id")[:SHOWN],
    }  # fmt: skip
    form = Upload(request.POST or None, request.FILES or None)
    return ask(request, form, write, template="vaccination/school_classes.html", **context)


@serves(LISTS)
@require_safe
def one_list(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """What became of a list, and the rows refused with their reasons."""
    held = viewer.holding(LISTS.roles)[0]
    found = ClassList.objects.filter(pk=number, school_id=held.institution_id).first() if number < 2**63 else None
    if found is None:
        raise Refused(NOT_FOUND)
    reasons = all_refusals()
    language = get_language() or "zh-hans"
    rows = [(row, reasons[row["code"]].sentence(language)) for row in found.refused if row["code"] in reasons]
    return _no_store(render(request, "vaccination/school_list.html", {"list": found, "rows": rows}))


@serves(LISTS)
@require_safe
def one_class(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """The children of a class."""
    held, at = viewer.holding(LISTS.roles)[0], instant_of(request)
    found = SchoolClass.objects.filter(pk=number, school_id=held.institution_id).first() if number < 2**63 else None
    if found is None:
        raise Refused(NOT_FOUND)
    by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
    record(by.did("school.look", at=at, object_type="school_class", object_id=found.pk))
    children = Person.objects.filter(pk__in=Pupil.objects.filter(school_class=found, until=None).values("person_id"))
    context = {"class": found, "children": children.order_by("name_pinyin", "pk")[:200]}
    return _no_store(render(request, "vaccination/school_class.html", context))


@serves(LISTS)
@require_POST
def leave(request: HttpRequest, viewer: Viewer, number: int, code: str) -> HttpResponse:
    """A child left the school."""
    held, at = viewer.holding(LISTS.roles)[0], instant_of(request)
    person = Person.objects.filter(public_code=read_code(code[:40], "R") or "").first()
    if person is None or number >= 2**63:
        raise Refused(NOT_FOUND)
    by = viewer.actor(held=held, purpose=Purpose.PUBLIC_HEALTH)
    leave_class(person.pk, number, institution_id=held.institution_id, by=by, at=at)
    messages.success(request, _("已记下离校。"))
    return redirect("school-class", number)


def _no_store(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("c/vaccination/school", classes, name="school-classes"),
    path("c/vaccination/school/lists/<int:number>", one_list, name="school-list"),
    path("c/vaccination/school/classes/<int:number>", one_class, name="school-class"),
    path("c/vaccination/school/classes/<int:number>/<slug:code>/leave", leave, name="school-leave"),
]
