"""Appealing against a miss; the manager's list of appeals and of who is barred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms as django
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.capacity.models import Booking
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Stream
from kangqu.systems.appointments import words
from kangqu.systems.appointments.booking.reads import booking_of
from kangqu.systems.appointments.finding.clinics import clinic_by_id
from kangqu.systems.appointments.models import Appeal
from kangqu.systems.appointments.noshow import appeals
from kangqu.systems.appointments.noshow.operations import APPEAL, DECIDE
from kangqu.systems.appointments.noshow.standing import bans_of, misses_of, profile_at
from kangqu.systems.appointments.serving import resident_page
from kangqu.web.asking import ask
from kangqu.web.forms import ChoiceField, Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves


class AppealForm(Form):
    text = django.CharField(
        label=lazy("为什么没有来"), max_length=appeals.LONGEST, widget=django.Textarea(attrs={"rows": 4}),
        help_text=lazy("说清原因就行，如突发急病、系统没有通知。不要写身份证号。"),
    )  # fmt: skip


class DecideForm(Form):
    accepted = ChoiceField(label=lazy("处理"), choices=[("yes", lazy("接受，不计爽约")), ("no", lazy("不接受"))])
    answer = django.CharField(
        label=lazy("答复"), max_length=appeals.LONGEST_ANSWER, required=False, widget=django.Textarea(attrs={"rows": 3}),
        help_text=lazy("居民能看到；不接受的必须写原因。"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """An appeal as the manager reads it."""

    appeal: Appeal
    booking: Booking
    name: str
    clinic: str
    counted: int
    barred: bool


@resident_page(APPEAL)
def appeal(request: HttpRequest, viewer: Viewer, code: str) -> HttpResponse:
    """Say why: once."""
    at = instant_of(request)
    booking, person = booking_of(viewer, code, at=at)

    def done(given: dict[str, Any]) -> HttpResponse:
        appeals.appeal(booking, given["text"], by=viewer.actor(purpose=APPEAL.purpose), at=at)
        messages.success(request, _("申诉已交给医院。"))
        return redirect("own-appointment", code)

    form = AppealForm(request.POST if request.method == "POST" else None)
    back = reverse("own-appointment", args=[code])
    return ask(request, form, done, template="appointments/appeal.html", name=person.name, back=back, profile=profile_at(at))  # fmt: skip


def _mine(viewer: Viewer) -> frozenset[int]:
    """The institutions whose appeals the viewer decides: her own and all under it."""
    found: set[int] = set()
    for held in viewer.holding(DECIDE.roles):
        found.update(Institution.objects.filter(path__startswith=held.path).values_list("pk", flat=True))
    return frozenset(found)


@serves(DECIDE)
def appeals_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What waits to be decided, the oldest first; and what was decided lately."""
    at, decided = instant_of(request), request.GET.get("decided") == "1"
    rows = Appeal.objects.filter(institution_id__in=_mine(viewer))
    rows = rows.exclude(accepted=None).order_by("-decided_at") if decided else rows.filter(accepted=None).order_by("made_at")  # fmt: skip
    lines = [_line(each, at) for each in rows[:100]]
    context = {"lines": lines, "decided": decided, "profile": profile_at(at), "words": words}
    return render(request, "appointments/appeals.html", context)


def _line(row: Appeal, at: Any) -> Line:
    booking = Booking.objects.select_related("session").get(person_id=row.person_id, id=row.booking_id)
    person = Person.objects.get(pk=row.person_id)
    counted = [each for each in misses_of(row.person_id, at=at) if each.institution_id == row.institution_id]
    barred = bool(bans_of(row.person_id, at=at))
    return Line(row, booking, person.name, clinic_by_id(booking.session.schedule_id).title, len(counted), barred)


@serves(DECIDE)
def decide(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """One appeal, read and decided."""
    at, mine = instant_of(request), _mine(viewer)
    row = Appeal.objects.filter(id=min(number, 2**63 - 1), institution_id__in=mine).first()
    if row is None:
        raise Refused(NOT_FOUND)
    by = viewer.actor(held=viewer.holding(DECIDE.roles)[0], purpose=DECIDE.purpose)
    record(by.did("appointments.misses", at=at, person_id=row.person_id, object_type="booking", object_id=row.booking_id, stream=Stream.LOOK))  # fmt: skip

    def done(given: dict[str, Any]) -> HttpResponse:
        appeals.decide(row.id, institution_ids=mine, accepted=given["accepted"] == "yes", answer=given["answer"], by=by, at=at)  # fmt: skip
        messages.success(request, _("已处理，居民能看到答复。"))
        return redirect("appeals")

    form = DecideForm(request.POST if request.method == "POST" else None)
    return ask(request, form, done, template="appointments/appeal_decide.html", line=_line(row, at), back=reverse("appeals"), words=words)  # fmt: skip


urlpatterns = [
    path("h/appointments/<slug:code>/appeal", appeal, name="own-appointment-appeal"),
    path("c/appointments/appeals", appeals_list, name="appeals"),
    path("c/appointments/appeals/<int:number>", decide, name="appeal"),
]
