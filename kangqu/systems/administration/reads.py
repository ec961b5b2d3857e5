"""What the administration asks: always within the subtree of a role the viewer holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from kangqu.kernel.access.models import BreakGlass
from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.places.models import Consortium, ConsortiumMember, Device, Institution, Region, Station
from kangqu.systems.administration.refusals import SERVED_FROM_ABOVE

_NUMBERS: Final = 2**63


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


def institution_named(viewer: Viewer, operation: Operation, code: str, *, field: str) -> tuple[Institution, Held]:
    """As ``institution_in_reach``, by a code somebody typed: what is refused is refused at ``field``."""
    try:
        return institution_in_reach(viewer, operation, code.strip().upper())
    except Refused as refused:
        raise Refused(refused.why, field=field) from None


def consortia_in_reach(viewer: Viewer, operation: Operation, filters: Mapping[str, Any]) -> QuerySet[Consortium]:
    """The consortia that one of the viewer's institutions leads or belongs to, with the number of members now."""
    ours = Q(pk__in=[])
    for held in viewer.holding(operation.roles):
        ours |= Q(path__startswith=held.path)
    here = Institution.objects.filter(ours)
    belongs = ConsortiumMember.objects.filter(institution__in=here, left_on=None).values("consortium_id")
    rows = Consortium.objects.filter(Q(leader__in=here) | Q(pk__in=belongs)).select_related("leader")
    if filters.get("q"):
        rows = rows.filter(name__contains=str(filters["q"]).strip())
    if filters.get("kind"):
        rows = rows.filter(kind=filters["kind"])
    return rows.annotate(members_now=Count("members", filter=Q(members__left_on=None)))


def consortium_in_reach(viewer: Viewer, operation: Operation, number: int) -> Consortium:
    """The consortium of a number; one out of reach and one that is not there answer alike."""
    found = consortia_in_reach(viewer, operation, {}).filter(pk=number).first() if number < _NUMBERS else None
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def consortium_led_in_reach(viewer: Viewer, operation: Operation, number: int) -> tuple[Consortium, Held]:
    """The consortium and the grant that reaches its leader: belonging to it is not enough to change it."""
    found = consortium_in_reach(viewer, operation, number)
    held = viewer.reaches(found.leader.path, operation.roles)
    if held is None:
        raise Refused(NOT_FOUND)
    return found, held


def members_of(consortium: Consortium, viewer: Viewer, operation: Operation) -> list[tuple[ConsortiumMember, str]]:
    """Everybody who belongs or belonged, with where each opens when it is within reach: leader first, then by date."""
    rows = consortium.members.select_related("institution").order_by("left_on", "joined_on", "institution__name_pinyin")
    found = sorted(rows, key=lambda row: (row.institution_id != consortium.leader_id, row.left_on is not None))
    return [
        (row, reverse("place", args=[row.institution.code]))
        if viewer.reaches(row.institution.path, operation.roles)
        else (row, "")
        for row in found
    ]


def member_of(consortium: Consortium, code: str) -> Institution:
    """The institution with ``code`` that belongs to the consortium now."""
    row = consortium.members.select_related("institution").filter(institution__code=code, left_on=None).first()
    if row is None:
        raise Refused(NOT_FOUND)
    return row.institution


def assignable(viewer: Viewer, operation: Operation, code: str) -> tuple[Institution, Held]:
    """The institution, and a grant from above it: nobody gives itself people to look after."""
    institution, _held = institution_in_reach(viewer, operation, code)
    held = _from_above(viewer, operation, institution)
    if held is None:
        raise Refused(SERVED_FROM_ABOVE)
    return institution, held


def may_assign(viewer: Viewer, operation: Operation, institution: Institution) -> bool:
    """Whether the viewer may say whom the institution looks after."""
    return institution.closed_on is None and _from_above(viewer, operation, institution) is not None


def _from_above(viewer: Viewer, operation: Operation, institution: Institution) -> Held | None:
    return viewer.reaches(institution.parent.path, operation.roles) if institution.parent is not None else None


def divisions_to_serve(institution: Institution, held: Held) -> list[Region]:
    """What may be given to an institution: its township and the villages there, or its county and the townships there,
    as far as they lie in the division of whoever gives."""
    around = institution.region_id[: 9 if len(institution.region_id) >= 9 else 6]
    limit = Institution.objects.values_list("region_id", flat=True).get(pk=held.institution_id)
    rows = Region.objects.filter(Q(pk=around) | Q(parent_id=around), code__startswith=limit)
    return list(rows.exclude(served_by__institution=institution).order_by("code"))


def divisions_served(institution: Institution) -> list[Region]:
    """What an institution serves now."""
    return list(Region.objects.filter(served_by__institution=institution).order_by("code"))


def served_division(institution: Institution, code: str) -> Region:
    found = next((each for each in divisions_served(institution) if each.code == code), None)
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def consortia_of(institution: Institution) -> list[Consortium]:
    """The consortia an institution belongs to now."""
    return list(Consortium.objects.filter(members__institution=institution, members__left_on=None).order_by("name"))
