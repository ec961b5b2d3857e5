"""An adverse event is written down: begun from the observation board, later by any clinic, or by a system."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.adverse.programme import CODE, GRAVE, SEVERITY
from kangqu.systems.vaccination.adverse.windows import OTHER, SYMPTOMS, window_of
from kangqu.systems.vaccination.clinic.actions import end_observation
from kangqu.systems.vaccination.models import Dose, DoseStatus, Observation, ObservationEnd
from kangqu.systems.vaccination.policy import minutes
from kangqu.systems.vaccination.refusals import NOBODY_SUCH, ONSET


def report_adverse(
    dose: Dose, *, symptom: str, severity: str, onset_at: datetime, institution_id: int, by: Actor, at: datetime
) -> tuple[Snapshot, bool]:
    """Open the case of a symptom after a dose, once for the dose and the symptom; and whether it is new.

    It is due at the county CDC within 48 hours, a grave one within two (policies). Whether the symptom came in its window is
    kept beside it; one that came in none is taken all the same. An observation under way ends with it.
    The caller has passed the person's door.
    """
    if symptom not in SYMPTOMS or severity not in {each.code for each in SEVERITY}:
        raise Refused(BAD_INPUT, field="symptom", detail=", ".join(SYMPTOMS))
    if dose.status != DoseStatus.COMPLETED:
        raise Refused(NOBODY_SUCH, field="dose")
    given_at = dose.given_at or day_starts(dose.given_on)
    if onset_at < given_at or onset_at > at:
        raise Refused(ONSET, field="onset_at")
    window = window_of(symptom, dose.vaccine, given_at, onset_at)
    within = minutes("adverse_grave_minutes" if severity in GRAVE else "adverse_report_minutes", at)
    facts = {
        "dose": dose.code, "vaccine": dose.vaccine, "lot": dose.lot_number, "maker": dose.maker, "given_on": dose.given_on.isoformat(),
        "symptom": symptom, "severity": severity, "onset_at": onset_at.isoformat(), "found_at": at.isoformat(),
        "window": window.id if window is not None else "", "window_mark": window.mark.value if window is not None else "",
        "in_window": window is not None or symptom == OTHER, "report_by": (at + within).isoformat(),
    }  # fmt: skip
    with transaction.atomic():
        case, fresh = open_case(
            CODE, key=f"{dose.code}/{symptom}", institution_id=institution_id, person_id=dose.person_id, number=dose.code, by=by,
            at=at, facts=facts,
        )  # fmt: skip
        _end_watch(dose, institution_id, SYMPTOMS[symptom].zh, by, at) if fresh else None
    return case, fresh


def _end_watch(dose: Dose, institution_id: int, said: str, by: Actor, at: datetime) -> None:
    mine = Observation.objects.filter(person_id=dose.person_id, institution_id=institution_id, ended_at=None)
    number = mine.values_list("id", flat=True).first()
    if number is not None and city_day(at) == dose.given_on:
        end_observation(number, ObservationEnd.ADVERSE, why=said, institution_id=institution_id, by=by, at=at)
