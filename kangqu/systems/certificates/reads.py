"""Certificates of a resident, behind the door of her record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kangqu.kernel.access.doors import Access, access_person
from kangqu.kernel.access.roles import Purpose, Right
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.certificates.actions import LETTER
from kangqu.kernel.certificates.models import Certificate
from kangqu.kernel.people.reads import person_ids_of

MOST: Final = 200


def standing_of(viewer: Viewer, who: str, at: datetime) -> tuple[Access, Sequence[Certificate]]:
    """The certificates that stand of the resident herself (``who`` empty) or of whose reports she may read, newest first."""
    access = _door(viewer, who or viewer.person_id or 0, at, "certificate.list")
    mine = Certificate.objects.filter(person_id__in=person_ids_of(access.person), revoked_at=None)
    return access, list(mine.order_by("-issued_at", "-id")[:MOST])


def opened(viewer: Viewer, code: str, at: datetime) -> tuple[Certificate, Access]:
    """A certificate and the door of whom it is about. What is nobody's, or of no concern to the viewer: not found."""
    found = Certificate.objects.filter(code=read_code(code[:40], LETTER) or "").first()
    access = _door(viewer, found.person_id if found else 0, at, "certificate.look")
    if found is None:
        raise Refused(NOT_FOUND)
    return found, access


def _door(viewer: Viewer, who: str | int, at: datetime, action: str) -> Access:
    return access_person(viewer, who, to=Purpose.SELF, at=at, right=Right.REPORTS, action=action)
