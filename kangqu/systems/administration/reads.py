"""What the administration asks: always within the subtree of a role the viewer holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from kangqu.kernel.access.models import BreakGlass
from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.places.models import Device, Institution, Station


def institutions_in_reach(viewer: Viewer, operation: Operation, filters: Mapping[str, Any]) -> QuerySet[Institution]:
    """The institutions of the viewer's subtrees, narrowed by part of a name (pinyin and initials too), kind, region, state."""
    reach = Q(pk__in=[])
    for held in viewer.holding(operation.roles):
        reach |= Q(path__startswith=held.path)
    rows = Institution.objects.filter(reach).select_related("region", "parent")
    text = "".join(str(filters.get("q") or "").split())
    if text:
        plain = text.lower()
        rows = rows.filter(
            Q(name__contains=text)
            | Q(name_pinyin__startswith=plain)
            | Q(name_initials__startswith=plain)
            | Q(code=text.upper())
        )
    if filters.get("kind"):
        rows = rows.filter(kind=filters["kind"])
    if filters.get("region"):
        rows = rows.filter(region__code__startswith=filters["region"])
    if filters.get("state") != "all":
        rows = rows.filter(closed_on=None)
    return rows


def institution_in_reach(viewer: Viewer, operation: Operation, code: str) -> tuple[Institution, Held]:
    """The institution, and the grant that reaches it. One out of reach and one that is not there answer alike."""
    institution = Institution.objects.select_related("region", "parent").filter(code=code).first()
    held = viewer.reaches(institution.path, operation.roles) if institution is not None else None
    if institution is None or held is None:
        raise Refused(NOT_FOUND)
    return institution, held


def station_in_reach(viewer: Viewer, operation: Operation, code: str) -> tuple[Station, Held]:
    """The station, by its public code, and the grant that reaches its institution."""
    station = Station.objects.select_related("institution").filter(code=code).first()
    held = viewer.reaches(station.institution.path, operation.roles) if station is not None else None
    if station is None or held is None:
        raise Refused(NOT_FOUND)
    return station, held


def device_in_reach(viewer: Viewer, operation: Operation, number: int) -> tuple[Device, Held]:
    """The device and the grant that reaches the institution it stands in."""
    device = Device.objects.select_related("station__institution").filter(pk=number).first()
    held = viewer.reaches(device.station.institution.path, operation.roles) if device is not None else None
    if device is None or held is None:
        raise Refused(NOT_FOUND)
    return device, held


def devices_of(institution: Institution) -> QuerySet[Device]:
    return (
        Device.objects.filter(station__institution=institution)
        .select_related("station")
        .order_by("station__name", "name")
    )


def outcome_of(word: str) -> BreakGlass.Outcome:
    """The outcome of a review by the word a form sends."""
    return BreakGlass.Outcome(word)
