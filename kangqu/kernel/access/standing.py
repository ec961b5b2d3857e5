"""What an agent of the family was given: for pages that tell her plainly why a door stays closed."""

from __future__ import annotations

from datetime import datetime

from kangqu.kernel.access.roles import Right
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.people.models import Person, PersonStatus, Proxy
from kangqu.kernel.people.reads import person_ids_of, person_of_id


def stands_for(viewer: Viewer, person_id: int, *, at: datetime) -> tuple[Person, frozenset[Right]] | None:
    """The resident and the rights she gave the viewer, who acts for her by consent; None for herself, a guardian, anybody else.

    Opens nothing: it tells an agent what she knows already. Nobody acts for the dead.
    """
    if viewer.person_id is None:
        return None
    person = person_of_id(person_id)
    given = Proxy.objects.filter(
        person_id__in=person_ids_of(person), agent_id__in=person_ids_of(viewer.person_id), kind="proxy",
        revoked_at=None, starts_at__lte=at, ends_at__gt=at,
    )  # fmt: skip
    rights = list(given.values_list("rights", flat=True))
    if not rights or person.status == PersonStatus.DECEASED:
        return None
    return person, frozenset(Right(each) for row in rights for each in row)
