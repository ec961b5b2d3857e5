"""公布摇号: whoever keeps the rosters gives sessions that nobody has booked away by lot, and sees what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms as django
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.capacity.models import Booking, Entry, Release, ReleaseSession, Session, SessionState
from kangqu.kernel.capacity.releases import announce
from kangqu.systems.appointments.booking.operations import ANNOUNCE
from kangqu.systems.appointments.booking.taking import KIND
from kangqu.web.asking import ask
from kangqu.web.formats import show_day, show_time
from kangqu.web.forms import Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_MOST = 60


class CityTime(django.CharField):
    """A day and time of the city's clock, as the browser's own control writes it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=19, widget=django.DateTimeInput(attrs={"type": "datetime-local"}), **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            found = datetime.fromisoformat(text).replace(tzinfo=CITY)
        except ValueError:
            raise ValidationError(_("请选日期和时间")) from None
        if not 2000 <= found.year < 2200:
            raise ValidationError(_("请选日期和时间"))
        return found


class AnnounceForm(Form):
    title = django.CharField(label=lazy("摇号名称"), max_length=60)
    sessions = django.MultipleChoiceField(label=lazy("哪几场"), widget=django.CheckboxSelectMultiple())
    opens_at = CityTime(label=lazy("报名开始"))
    closes_at = CityTime(label=lazy("报名截止（截止后自动摇号）"))
    of_household = django.IntegerField(label=lazy("每户最多中几个"), min_value=1, max_value=20, initial=1)


def _free(institution_id: int, at: datetime) -> list[Session]:
    """The sessions ahead that nobody has booked and no draw has."""
    rows = Session.objects.filter(
        institution_id=institution_id, schedule__kind=KIND, state=SessionState.OPEN, starts_at__gt=at, day__gte=city_day(at)
    ).select_related("schedule")  # fmt: skip
    taken = Booking.objects.filter(session__in=rows).values_list("session_id", flat=True)
    drawn = ReleaseSession.objects.filter(session__in=rows).values_list("session_id", flat=True)
    return list(rows.exclude(pk__in=set(taken) | set(drawn)).order_by("starts_at", "id")[:_MOST])


@serves(ANNOUNCE)
def announce_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The draws of one's own hospital, and a form for a new one."""
    at, held = instant_of(request), viewer.holding(ANNOUNCE.roles)[0]
    free = _free(held.institution_id, at)
    form = AnnounceForm(request.POST if request.method == "POST" else None)
    form.fields["sessions"].choices = [  # type: ignore[attr-defined]
        (each.code, f"{show_day(each.day)} {show_time(each.starts_at)} {each.schedule.title}") for each in free
    ]

    def done(given: dict[str, Any]) -> HttpResponse:
        chosen = [each.pk for each in free if each.code in given["sessions"]]
        made = announce(
            chosen, title=given["title"], opens_at=given["opens_at"], closes_at=given["closes_at"],
            of_household=given["of_household"], by=viewer.actor(held=held, purpose=ANNOUNCE.purpose), at=at,
        )  # fmt: skip
        messages.success(request, _("已公布，种子摘要 {digest}。").format(digest=made.digest[:16]))
        return redirect("announce-draw")

    rows = Release.objects.filter(institution_id=held.institution_id, kind=KIND).order_by("-closes_at")[:30]
    shown = [(each, Entry.objects.filter(release=each, withdrawn_at=None).count(), each.given.count()) for each in rows]
    here = reverse("announce-draw")
    return ask(request, form, done, template="appointments/announce.html", rows=shown, free=free, at=at, back=here)


urlpatterns = [path("c/appointments/draws", announce_page, name="announce-draw")]
