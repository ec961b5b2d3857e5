"""What a viewer's posts have to do with: which programmes at which institutions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.programme import Programme
from kangqu.kernel.cases.registry import every_programme, newest_programmes, programme_of
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.places.models import Institution, InstitutionStatus

MOST_PLACES: Final = 300
_OVER: Final = (InstitutionStatus.CLOSED, InstitutionStatus.REVOKED)


def places_of(viewer: Viewer) -> dict[int, frozenset[Role]]:
    """The roles a viewer holds, by the institution she holds them at."""
    found: dict[int, set[Role]] = {}
    for held in viewer.grants:
        found.setdefault(held.institution_id, set()).add(held.role)
    return {place: frozenset(roles) for place, roles in found.items()}


def programmes_of(viewer: Viewer) -> list[Programme]:
    """The programmes somebody with the viewer's roles takes part in, newest versions, by code."""
    roles = viewer.roles
    return [each for each in newest_programmes() if each.roles & roles]


def codes_for(roles: Iterable[Role]) -> list[str]:
    """The programmes, by code, in any version of which one of ``roles`` takes part."""
    held = frozenset(roles)
    return sorted({each.code for each in every_programme() if each.roles & held})


def under(viewer: Viewer) -> list[Institution]:
    """The institutions the viewer's posts reach, nearest to the top first, at most :data:`MOST_PLACES`."""
    paths = sorted({held.path for held in viewer.grants})
    tops = [path for path in paths if not any(path != other and path.startswith(other) for other in paths)]
    found: list[Institution] = []
    for path in tops:
        rows = Institution.objects.filter(path__startswith=path).exclude(status__in=_OVER).order_by("path")
        found += list(rows[: MOST_PLACES - len(found)])
    return found


def place_coded(viewer: Viewer, code: str) -> Institution | None:
    """The institution of a public code that the viewer's posts reach."""
    found = Institution.objects.filter(code=code.strip().upper()[:16]).first() if code and "\0" not in code else None
    return found if found is not None and any(held.reaches(found.path) for held in viewer.grants) else None


def any_place(code: str) -> Institution | None:
    """The working institution of a public code, anywhere in the city: where a case may be sent."""
    if not code or "\0" in code:
        return None
    return Institution.objects.filter(code=code.strip().upper()[:16]).exclude(status__in=_OVER).first()


def visible(viewer: Viewer, cases: Sequence[Case] | Sequence[Snapshot]) -> set[int]:
    """The numbers of those of ``cases`` whose door would open, by the door's own rule; nothing is traced."""
    numbers = {number for case in cases for number in (case.institution_id, case.origin_id)}
    paths = dict(Institution.objects.filter(pk__in=numbers).values_list("pk", "path"))
    seen = set()
    for case in cases:
        of = programme_of(case.programme, case.version)
        if of is None:
            continue
        if any(viewer.reaches(paths[place], of.roles) for place in (case.institution_id, case.origin_id)):
            seen.add(case.pk if isinstance(case, Case) else case.id)
    return seen
