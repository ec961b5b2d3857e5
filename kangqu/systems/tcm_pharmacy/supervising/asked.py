"""What is asked of the overview: which days, which of the pharmacies the viewer's posts reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django import forms as django
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.places.models import Institution, InstitutionKind
from kangqu.systems.tcm_pharmacy.definition import OVERVIEW
from kangqu.systems.tcm_pharmacy.models import DaySum, Floor, Pot
from kangqu.web import forms

USUAL: Final = timedelta(days=6)
LONGEST: Final = 92
"""Days at once."""


class AskedForm(forms.Form):
    since = forms.DateField(label=_("从"), required=False)
    until = forms.DateField(label=_("到"), required=False)
    at = django.ChoiceField(label=_("中药房"), required=False, choices=[])

    def __init__(self, *args: Any, places: Sequence[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("全部")), *((each.code, each.name) for each in places)]
        self.fields["at"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and not 0 <= (until - since).days < LONGEST:
            raise ValidationError(_("从早到晚，一次最多 92 天"), code="range")
        return given


@dataclass(frozen=True, slots=True)
class Asked:
    """The days from ``since`` to ``until``, at the pharmacies ``places``; ``reached`` are all that could be chosen."""

    form: AskedForm
    since: date
    until: date
    places: tuple[Institution, ...]
    reached: tuple[Institution, ...]

    @property
    def pharmacy_ids(self) -> list[int]:
        return [each.pk for each in self.places]

    @property
    def query(self) -> str:
        """What names this range and pharmacy in an address."""
        chosen = f"&at={self.places[0].code}" if len(self.places) == 1 < len(self.reached) else ""
        return f"since={self.since}&until={self.until}{chosen}"


def asked_of(request: HttpRequest, viewer: Viewer, at: datetime) -> Asked:
    """What the address asks; the last seven days of every pharmacy reached where it asks nothing, or nothing that can be."""
    reached = pharmacies_reached(viewer)
    form = AskedForm(request.GET, places=reached)
    given = form.cleaned_data if form.is_valid() else {}
    until = given.get("until") or (given["since"] + USUAL if given.get("since") else city_day(at))
    since = given.get("since") or until - USUAL
    code = given.get("at", "")
    form.initial = {"since": since, "until": until, "at": code}
    places = tuple(each for each in reached if code in ("", each.code))
    return Asked(form, since, until, places, reached)


def pharmacies_reached(viewer: Viewer) -> tuple[Institution, ...]:
    """The pharmacies in the subtrees of the viewer's posts that supervise: those that make prescriptions, or have."""
    under = Q()
    for held in viewer.holding(OVERVIEW.roles):
        under |= Q(path__startswith=held.path)
    makes = (
        Q(kind=InstitutionKind.DECOCTION_CENTRE)
        | Q(pk__in=Floor.objects.values("institution_id"))
        | Q(pk__in=Pot.objects.order_by().values("institution_id"))
        | Q(pk__in=DaySum.objects.order_by().values("pharmacy_id").distinct())
        | Q(pk__in=[held.institution_id for held in viewer.holding(OVERVIEW.roles)], kind__in=_MAKE)
    )
    return tuple(Institution.objects.filter(under, makes).order_by("name_pinyin", "pk"))


_MAKE: Final = (InstitutionKind.PHARMACY, InstitutionKind.HOSPITAL)
