"""What can be asked of prescriptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.cases.programme import Programme
from kangqu.kernel.cases.reads import Happened, timeline
from kangqu.kernel.cases.registry import programme
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.programme import PROMISE


def prescription_of(case_id: int) -> Prescription | None:
    """The prescription of a case. The caller has passed the case's door."""
    return Prescription.objects.select_related("hospital", "person").filter(case_id=case_id).first()


def standing(kept: Prescription, case: Snapshot) -> dict[str, Any]:
    """Where a prescription stands, as the API tells it. Nothing of it names the patient."""
    of = programme(case.programme, case.version)
    review: Mapping[str, Any] = kept.review
    return {
        "case": case.code,
        "number": kept.number,
        "version": kept.version,
        "state": case.state,
        "title": of.state(case.state).title,
        "pharmacy": Institution.objects.values_list("code", flat=True).get(pk=case.institution_id),
        "blocked": bool(case.facts.get("blocked")),
        "two_signatures": bool(case.facts.get("two_signatures")),
        "valid_until": case.facts["valid_until"],
        "due_at": case.due_at,
        "promised_at": case.facts.get(PROMISE),
        "findings": review["findings"],
        "not_covered": [each["about"] for each in review["not_covered"]],
        "missing": [each["fact"] for each in review["missing"]],
        "history": [line for happened in timeline(case) if (line := _line(happened, of)) is not None],
    }


def _line(happened: Happened, of: Programme) -> dict[str, Any] | None:
    """A step of the history; what besides steps is done with a case stays with those who work on it."""
    if happened.action == "case.open":
        return {
            "at": happened.at, "step": "open", "state": of.first, "title": of.state(of.first).title, "reason": "",
        }  # fmt: skip
    if happened.action != "case.step":
        return None
    facts = happened.facts.get("facts", {})
    state = of.state(happened.facts["to"])
    reason = str(facts.get("reason") or facts.get("why") or happened.reason)
    return {
        "at": happened.at,
        "step": happened.facts["step"],
        "state": state.code,
        "title": state.title,
        "reason": reason,
    }


def note_follow(viewer: Viewer, kept: Prescription, *, at: datetime) -> None:
    """Leave a trace that the hospital's system looked at a prescription of its own."""
    by = viewer.actor(held=viewer.holding({Role.SYSTEM})[0], purpose=Purpose.CARE)
    record(
        by.did(
            "tcm.prescription.follow",
            at=at,
            person_id=kept.person_id,
            object_type="case",
            object_id=kept.case_id,
            result=Result.SEEN,
            stream=Stream.LOOK,
        )
    )
