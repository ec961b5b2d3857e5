"""Opening a case by hand: who may, where, about whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.programme import Programme
from kangqu.kernel.cases.refusals import PERSON_NEEDED
from kangqu.kernel.cases.registry import newest_programmes, programme_of
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.places.models import Institution
from kangqu.systems.casework.refusals import NOT_BY_HAND


def openable_by(viewer: Viewer) -> list[Programme]:
    """The programmes whose cases the viewer may open by hand."""
    return [each for each in newest_programmes() if each.opening is not None and each.opened_by & viewer.roles]


def programme_by_hand(viewer: Viewer, code: str) -> Programme:
    """The programme of that code, if the viewer may open its cases; ``Refused`` otherwise."""
    of = programme_of(code)
    if of is None or of.opening is None:
        raise Refused(NOT_FOUND)
    if not of.opened_by & viewer.roles:
        raise Refused(NOT_BY_HAND)
    return of


def posts_for(viewer: Viewer, of: Programme) -> list[tuple[Held, str]]:
    """The posts the viewer may open such a case in, each with what its institution is called."""
    held = {each.institution_id: each for each in viewer.holding(of.opened_by)}
    rows = Institution.objects.filter(pk__in=held).order_by("name_pinyin", "pk")
    return [(held[row.pk], row.name) for row in rows]


def open_by_hand(
    viewer: Viewer,
    of: Programme,
    values: Mapping[str, Any],
    *,
    key: str,
    at: datetime,
    held: Held,
    person: str = "",
    number: str = "",
) -> tuple[Snapshot, bool]:
    """Open a case of ``of`` with what its opening form makes of ``values``; the case, and whether it is new.

    ``key`` is the sender's own: sent twice it opens one case. ``person`` is a public code, read through her door.
    """
    assert of.opening is not None
    if of.about_person and not person.strip():
        raise Refused(PERSON_NEEDED, field="person")
    answered = of.opening.read(values)
    by = viewer.actor(held=held, purpose=of.purpose)
    about = access_person(viewer, person.strip(), to=of.purpose, at=at).person.pk if person.strip() else None
    return open_case(
        of.code,
        key=f"hand:{viewer.principal_id}:{key}"[:100],
        institution_id=held.institution_id,
        by=by,
        at=at,
        person_id=about,
        facts=dict(answered.values),
        number=number,
    )
