"""What the patient's page asks, behind the door of her case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Min

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import CaseAccess, access_case
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.opening import LETTER
from kangqu.kernel.cases.reads import Happened, timeline
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.systems.tcm_pharmacy.models import Prescription, Promise, PromiseMove, Reading
from kangqu.systems.tcm_pharmacy.patient.story import Boiled, Event, Part, boiled_of, made_anew, parts_of
from kangqu.systems.tcm_pharmacy.policy import number
from kangqu.systems.tcm_pharmacy.programme import CODE


@dataclass(frozen=True, slots=True)
class Told:
    """Everything the page shows of one prescription. ``heat``: the lowest and highest temperature while it boiled."""

    access: CaseAccess
    kept: Prescription
    person: Person
    pharmacy: Institution
    parts: Sequence[Part]
    boiled: Boiled | None
    heat: tuple[float, float] | None
    promise: Promise | None
    moves: Sequence[PromiseMove]
    anew: Sequence[Event]
    left_at: datetime | None
    keeps_days: int

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.access.case.facts

    @property
    def state(self) -> str:
        return self.access.case.state


def own_prescription(viewer: Viewer, code: str, at: datetime) -> tuple[CaseAccess, Prescription, Person]:
    """The prescription of the resident herself or of somebody whose reports she may read; any other is not found.

    Leaves a trace of the look.
    """
    access = access_case(viewer, code, at=at)
    kept = Prescription.objects.filter(case_id=access.case.id).first() if access.case.programme == CODE else None
    if access.held is not None or access.relation is None or kept is None:
        raise Refused(NOT_FOUND)
    return access, kept, access.relation.person


def patient_of(code: str) -> int | None:
    """Whose prescription or complaint bears the code, before any door: for telling an agent what she lacks, nothing else."""
    found = Case.objects.filter(code=read_code(code[:40], LETTER) or "", programme__in=(CODE, "tcm_complaint"))
    return found.values_list("person_id", flat=True).first()


def told(viewer: Viewer, code: str, at: datetime) -> Told:
    """What has become of a prescription of hers, as it stands at ``at``."""
    access, kept, person = own_prescription(viewer, code, at)
    case = access.case
    events = [event for each in timeline(case) if (event := _event(each)) is not None]
    promise = Promise.objects.filter(case_id=case.id).select_related("round").first()
    boiled = boiled_of(case.facts, case.state, events)
    return Told(
        access=access,
        kept=kept,
        person=person,
        pharmacy=Institution.objects.get(pk=case.institution_id),
        parts=parts_of(case.state, case.facts, events, _plan(promise)),
        boiled=boiled,
        heat=_heat(case.id, boiled, at),
        promise=promise,
        moves=list(promise.moves.order_by("at")) if promise is not None else [],
        anew=made_anew(events),
        left_at=next((each.at for each in reversed(events) if each.step == "take_along"), None),
        keeps_days=round(number("tcm.line.keeps_days", at)),
    )


def _event(happened: Happened) -> Event | None:
    if happened.action == "case.open":
        return Event(happened.at, "open")
    if happened.action != "case.step":
        return None
    answers = happened.facts.get("facts") or {}
    return Event(happened.at, str(happened.facts.get("step", "")), happened.actor, str(answers.get("why", "")))


def _plan(promise: Promise | None) -> dict[str, datetime]:
    if promise is None:
        return {}
    return {stage: datetime.fromisoformat(end) for stage, _start, end in promise.stages}


def _heat(case_id: int, boiled: Boiled | None, at: datetime) -> tuple[float, float] | None:
    """Between which temperatures it boiled, once it had come to the boil; None when the machine told nothing."""
    if boiled is None or boiled.from_ is None:
        return None
    hot = boiled.from_ + timedelta(minutes=number("tcm.line.heat_up", at))
    rows = Reading.objects.filter(case_id=case_id, at__gte=hot, at__lte=boiled.until or at)
    found = rows.aggregate(low=Min("celsius"), high=Max("celsius"))
    return None if found["low"] is None else (float(found["low"]), float(found["high"]))
