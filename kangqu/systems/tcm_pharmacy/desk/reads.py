"""What the desk asks: what waits at the viewer's pharmacies, which comes next, earlier versions of a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import CaseAccess, access_case, steps_open_to
from kangqu.kernel.cases.opening import LETTER
from kangqu.kernel.cases.programme import Situation, Step
from kangqu.kernel.cases.reads import timeline
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.worklists import Task, Where, states_for, tasks_of_post, waiting
from kangqu.systems.tcm_pharmacy.desk import words
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.programme import CODE, RETURN
from kangqu.systems.tcm_pharmacy.refusals import NO_SECOND_SIGNATURE, SECOND_SIGNATURE
from kangqu.web.formats import in_english

STATES: Final = ("received", "second_signature")
SIGNING: Final = ("approve", "first_sign", "second_sign")
READ: Final = 200
"""How many of the most urgent are put in the order of the desk."""
_SAID: Final = {"returned": "reason", "void": "why"}
"""The fact that says why a version is over."""
_REVIEWS: Final = frozenset({Role.PHARMACIST})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the queue. ``mine`` is why the viewer cannot sign it herself: empty, ``own`` or ``signed``."""

    task: Task
    kept: Prescription
    severity: tuple[str, str]
    late: bool
    second: bool
    mine: str

    @property
    def herbs(self) -> int:
        return len(self.kept.herbs)


def _where() -> Where:
    found = [states_for(_REVIEWS, programme=CODE, state=state) for state in STATES]
    return Where(
        tuple(code for each in found for code in each.programmes),
        tuple(number for each in found for number in each.versions),
        tuple(state for each in found for state in each.states),
    )


def _places(viewer: Viewer) -> list[int]:
    return [held.institution_id for held in viewer.holding(_REVIEWS)]


def how_many(viewer: Viewer, at: datetime) -> tuple[int, int]:
    """How many wait at the viewer's pharmacies, and how many of them are late."""
    counted = waiting(_where(), _places(viewer), at=at)
    return sum(each.count for each in counted), sum(each.late for each in counted)


def queue(viewer: Viewer, at: datetime) -> list[Waiting]:
    """What waits, of the :data:`READ` most urgent: late ones first, then the gravest, then by when they are due."""
    tasks = tasks_of_post(_where(), _places(viewer), limit=READ)
    kept = {
        each.case_id: each
        for each in Prescription.objects.filter(case_id__in=[task.id for task in tasks])
        .select_related("hospital", "person", "case")
        .defer("signed_sealed", "delivery_sealed", "signature", "review", "details", "diagnoses")
    }
    lines = [_line(task, kept[task.id], viewer, at) for task in tasks if task.id in kept]
    return sorted(lines, key=_order)


def _order(line: Waiting) -> tuple[bool, int, datetime, int]:
    gravity = words.GRAVITY.get(line.kept.severity, len(words.GRAVITY))
    return not line.late, gravity, line.task.rank_at, line.task.id


def _line(task: Task, kept: Prescription, viewer: Viewer, at: datetime) -> Waiting:
    facts = kept.case.facts
    mine = ""
    if facts.get("prescriber") == viewer.principal_id:
        mine = "own"
    elif task.state == "second_signature" and facts.get("first_signer") == viewer.principal_id:
        mine = "signed"
    return Waiting(
        task=task,
        kept=kept,
        severity=words.severity_words(kept.severity),
        late=task.late(at),
        second=task.state == "second_signature",
        mine=mine,
    )


def next_for(viewer: Viewer, at: datetime, *, but: str = "") -> str:
    """The public code of the first that the viewer can sign or return, ``but`` left out; empty when none is left."""
    for line in queue(viewer, at):
        if not line.mine and line.task.holder_id in (None, viewer.principal_id) and line.task.code != but:
            return line.task.code
    return ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A prescription behind its opened door, the steps of the desk open to the viewer, and why none is."""

    access: CaseAccess
    kept: Prescription
    sign: Step | None
    may_return: bool
    why_not: str


def open_prescription(viewer: Viewer, code: str, at: datetime) -> Opened:
    """A prescription at one of the viewer's pharmacies; any other is not found. Leaves a trace of the look."""
    wanted = read_code(code[:40], LETTER) or ""
    found = Prescription.objects.filter(case__code=wanted, case__institution_id__in=_places(viewer))
    kept = found.select_related("hospital", "person").first()
    if kept is None:
        raise Refused(NOT_FOUND)
    access = access_case(viewer, wanted, at=at)
    open_now = {step.code: step for step in steps_open_to(access, viewer)}
    refused = {
        code: _refuses(open_now[code], access, viewer, at) for code in SIGNING if code in open_now
    }  # fmt: skip
    sign = next((open_now[code] for code, why in refused.items() if why is None), None)
    telling = [why for why in refused.values() if why and why.why not in (SECOND_SIGNATURE, NO_SECOND_SIGNATURE)]
    why_not = telling[0].sentence("en" if in_english() else "zh") if telling and sign is None else ""
    return Opened(access, kept, sign, "return_to_doctor" in open_now, why_not)


def _refuses(step: Step, access: CaseAccess, viewer: Viewer, at: datetime) -> Refused | None:
    situation = Situation(access.case, {}, access.actor(viewer, step), at)
    return next((refused for guard in step.guards if (refused := guard.refuses(situation)) is not None), None)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a number: where it stands, and on what ground it was returned."""

    kept: Prescription
    state: str
    ground: str
    reason: str


def earlier(kept: Prescription) -> list[Version]:
    """The versions of the same number before this one, latest first. The caller has passed the door of ``kept``."""
    rows = Prescription.objects.filter(hospital_id=kept.hospital_id, number=kept.number, version__lt=kept.version)
    return [version_of(each) for each in rows.select_related("case").order_by("-version")]


def version_of(kept: Prescription) -> Version:
    case = kept.case
    state = programme(case.programme, case.version).state(case.state)
    english = in_english()
    return Version(
        kept=kept,
        state=state.title_en if english else state.title,
        ground=ground_word(str(case.facts.get("ground", ""))),
        reason=str(case.facts.get(_SAID.get(case.state, ""), "")),
    )


def ground_word(code: str) -> str:
    return dict(grounds()).get(code, "")


def grounds() -> Sequence[tuple[str, str]]:
    """The grounds of a return: code and word in the reader's language."""
    field: Any = RETURN.field("ground")
    english = in_english()
    return [(each.code, each.label_en if english else each.label) for each in field.options]


def state_word(access: CaseAccess) -> str:
    """Where the case stands, in the reader's language."""
    state = access.programme.state(access.case.state)
    return state.title_en if in_english() else state.title


@dataclass(frozen=True, slots=True)
class Signature:
    """The first of two signatures: whose, when, why."""

    by: str
    at: datetime
    why: str


def first_signature(access: CaseAccess) -> Signature | None:
    """The signature a second one is asked for, where the case waits for it."""
    if access.case.state != "second_signature":
        return None
    signed = [each for each in timeline(access.case) if each.facts.get("step") == "first_sign"]
    return Signature(signed[-1].actor, signed[-1].at, str(access.case.facts.get("why", ""))) if signed else None
