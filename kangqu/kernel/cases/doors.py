"""The door to a case. A case outside the viewer's scope and one that does not exist answer alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.access.doors import Access, access_person
from kangqu.kernel.access.roles import Purpose, Right, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.opening import LETTER
from kangqu.kernel.cases.programme import Programme, Step
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream

_FIND: Final = """
SELECT c.id, w.path, o.path FROM cases_case c JOIN places_institution w ON w.id = c.institution_id
  JOIN places_institution o ON o.id = c.origin_id WHERE c.code = %s
"""
_REACHED: Final = """
SELECT c.id, c.code, w.path, o.path FROM cases_case c JOIN places_institution w ON w.id = c.institution_id
  JOIN places_institution o ON o.id = c.origin_id WHERE c.code = ANY(%s::text[])
"""


@dataclass(frozen=True, slots=True)
class CaseAccess:
    """An open door: the case, its programme, and as what the viewer stands before it.

    ``held`` is the post that opened it, None for the person herself or her family (``relation`` says who).
    """

    case: Snapshot
    programme: Programme
    held: Held | None
    relation: Access | None = None

    def actor(self, viewer: Viewer, step: Step | None = None) -> Actor:
        """The viewer as the ``by`` of a verb on this case: in the nearest of her posts that may take ``step``."""
        if self.held is None:
            return viewer.actor(purpose=Purpose.SELF)
        held = self.held
        if step is not None and held.role not in step.roles:
            held = next((each for each in _posts(viewer, step.roles, self.held) if each), held)
        return viewer.actor(held=held, purpose=self.programme.purpose)


def _posts(viewer: Viewer, roles: Iterable[Role], near: Held) -> list[Held]:
    return [held for held in viewer.holding(roles) if held.reaches(near.path) or near.reaches(held.path)]


def access_case(viewer: Viewer, which: str | int, *, at: datetime, action: str = "case.look") -> CaseAccess:
    """The only way from a request to a case: by public code, or by number where a page already had it. Leaves a trace.

    Staff pass whose role takes part in the programme and whose post reaches the institution where the case is worked on
    or was opened; the person it is about and her family pass where the programme shows itself to them.
    """
    if isinstance(which, int):
        found = snapshot(which) if 0 < which < 2**63 else None
        code = found.code if found is not None else ""
    else:
        code = read_code(which[:40], LETTER) or ""
    rows = run(_FIND, (code,))
    if not rows:
        raise Refused(NOT_FOUND)
    case_id, worked, opened = rows[0]
    case = snapshot(case_id)
    assert case is not None
    of = programme(case.programme, case.version)
    if viewer.person_id is not None:
        return _as_family(viewer, case, of, at, action)
    held = viewer.reaches(worked, of.roles) or viewer.reaches(opened, of.roles)
    if held is None:
        raise Refused(NOT_FOUND)
    record(
        viewer.actor(held=held, purpose=of.purpose).did(
            action,
            at=at,
            person_id=case.person_id,
            object_type="case",
            object_id=case.id,
            facts={"programme": of.code},
            result=Result.SEEN,
            stream=Stream.LOOK,
        )
    )
    return CaseAccess(case, of, held)


def _as_family(viewer: Viewer, case: Snapshot, of: Programme, at: datetime, action: str) -> CaseAccess:
    if not of.shown_to_person or case.person_id is None:
        raise Refused(NOT_FOUND)
    opened = access_person(viewer, case.person_id, to=Purpose.SELF, at=at, right=Right.REPORTS, action=action)
    return CaseAccess(case, of, None, opened)


def reached(viewer: Viewer, codes: Sequence[str], roles: frozenset[Role]) -> dict[str, tuple[int, Held]]:
    """The cases of a batch that the viewer's posts in ``roles`` reach: number and post by the code as it was given."""
    wanted = {code: read_code(code[:40], LETTER) for code in codes}
    rows = run(_REACHED, ([code for code in wanted.values() if code],))
    by_code: dict[str, tuple[int, Held]] = {}
    for case_id, code, worked, opened in rows:
        held = viewer.reaches(worked, roles) or viewer.reaches(opened, roles)
        if held is not None:
            by_code[code] = (case_id, held)
    return {given: by_code[code] for given, code in wanted.items() if code is not None and code in by_code}


def steps_open_to(access: CaseAccess, viewer: Viewer) -> list[Step]:
    """The steps this viewer may take now: what the buttons of the page are."""
    case = access.case
    if case.closed_at is not None or case.suspended_at is not None:
        return []
    ways = access.programme.steps_from(case.state)
    if access.held is None:
        return [step for step in ways if step.own]
    if case.holder_id not in (None, viewer.principal_id):
        return []
    near = access.held
    return [step for step in ways if any(_posts(viewer, step.roles, near))]


def facts_shown(case: Snapshot) -> dict[str, Any]:
    """The facts of a case a reader may see: those whose name does not begin with an underscore."""
    return {name: value for name, value in case.facts.items() if not name.startswith("_")}
