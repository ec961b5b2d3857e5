"""Adverse events: the windows of the document, the deadlines, who takes which step, once for a dose and a symptom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.adverse.actions import report_adverse
from kangqu.systems.vaccination.adverse.windows import SYMPTOMS, WINDOWS, window_of
from kangqu.systems.vaccination.models import Dose, Observation
from tests.access import cast
from tests.cases.test_at_once import all_at_once
from tests.vaccination.records.conftest import NOW, VaccinationClinic, make_clinic, refused

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("symptom", "vaccine", "after", "window"),
    [
        ("anaphylaxis", "HPV2", 24 * HOUR, "W24H"),
        ("anaphylaxis", "HPV2", 24 * HOUR + timedelta(minutes=1), None),
        ("syncope", "HPV2", timedelta(0), "W24H"),
        ("rash", "HPV2", 2 * HOUR, "W24H"),
        ("rash", "HPV2", 10 * DAY, "W15D"),
        ("rash", "HPV2", 15 * DAY + HOUR, None),
        ("fever", "HPV2", 5 * DAY, "W5D"),
        ("fever", "HPV2", 5 * DAY + HOUR, None),
        ("febrile_convulsion", "DTAP", 15 * DAY, "W15D"),
        ("guillain_barre", "DTAP", 42 * DAY, "W6W"),
        ("guillain_barre", "DTAP", 43 * DAY, None),
        ("brachial_neuritis", "DTAP", 92 * DAY, "W3M"),  # 24 November to 24 February
        ("brachial_neuritis", "DTAP", 93 * DAY, None),
        ("bcg_adenitis", "BCG", 29 * DAY, None),
        ("bcg_adenitis", "BCG", 30 * DAY, "WBCG"),  # 24 November to 24 December
        ("bcg_adenitis", "BCG", 365 * DAY, "WBCG"),
        ("bcg_adenitis", "BCG", 366 * DAY, None),
        ("bcg_adenitis", "DTAP", 60 * DAY, None),
        ("fever", "HPV2", -HOUR, None),
    ],
)
def test_the_windows_of_the_document(symptom: str, vaccine: str, after: timedelta, window: str | None) -> None:
    found = window_of(symptom, vaccine, NOW, NOW + after)
    assert (found.id if found else None) == window


def test_the_table_speaks_of_known_symptoms_in_both_languages() -> None:
    assert {symptom for each in WINDOWS for symptom in each.symptoms} <= SYMPTOMS.keys()
    assert all(each.zh and each.en for each in SYMPTOMS.values())


def given(clinic: VaccinationClinic) -> Dose:
    return Dose.objects.get(id=clinic.inject("𠮷一").id)


def report(clinic: VaccinationClinic, dose: Dose, at: datetime = NOW + HOUR, **more: Any) -> tuple[Any, bool]:
    told: dict[str, Any] = {"symptom": "fever", "severity": "mild", "onset_at": NOW + timedelta(minutes=20)} | more
    return report_adverse(dose, institution_id=clinic.place.pk, by=clinic.nurse, at=at, **told)


def test_it_is_due_in_48_hours_or_in_two_and_ends_the_observation(clinic: VaccinationClinic) -> None:
    dose = given(clinic)
    case, fresh = report(clinic, dose)
    assert fresh and case.facts["window"] == "W5D"
    row = Case.objects.get(pk=case.id)
    assert row.due_at == NOW + 49 * HOUR
    assert Observation.objects.get().ended_how == "adverse"
    again, fresh = report(clinic, dose)
    assert (again.id, fresh) == (case.id, False)
    grave, _ = report(clinic, dose, symptom="anaphylaxis", severity="death")
    assert Case.objects.get(pk=grave.id).due_at == NOW + 3 * HOUR


def test_what_comes_in_no_window_is_taken_and_said_so(clinic: VaccinationClinic) -> None:
    dose, late = given(clinic), NOW + 40 * DAY
    case, _ = report(clinic, dose, at=late, onset_at=late - HOUR)
    assert (case.facts["window"], case.facts["in_window"]) == ("", False)
    other, _ = report(clinic, dose, at=late, onset_at=late - HOUR, symptom="other", severity="severe")
    assert other.facts["in_window"] is True


def test_what_is_refused(clinic: VaccinationClinic) -> None:
    dose = given(clinic)
    assert refused(lambda: report(clinic, dose, onset_at=NOW - HOUR)) == "vaccination_onset"
    assert refused(lambda: report(clinic, dose, onset_at=NOW + 2 * HOUR)) == "vaccination_onset"
    assert refused(lambda: report(clinic, dose, symptom="𠮷")) == "bad_input"
    Dose.objects.filter(id=dose.id).update(status="entered-in-error", status_why="错")
    dose.refresh_from_db()
    assert refused(lambda: report(clinic, dose)) == "vaccination_nobody_such"


def officer(clinic: VaccinationClinic) -> Actor:
    account = cast.staff("cdc", Role.CDC_OFFICER, clinic.place, at=NOW)
    return Actor(account.pk, "cdc_officer", clinic.place.pk, purpose="public_health")


def test_from_the_report_to_the_conclusion(clinic: VaccinationClinic) -> None:
    case, _ = report(clinic, given(clinic), symptom="febrile_convulsion", severity="severe")
    cdc, at = officer(clinic), NOW + 2 * HOUR

    def step(name: str, by: Actor, when: datetime = at, **values: Any) -> Any:
        return take_step(case.id, name, by=by, at=when, values=values)

    assert refused(lambda: step("investigate", cdc)) == "case_wrong_state"
    assert refused(lambda: step("report", cdc, account="惊厥")) == "not_yours"
    step("report", clinic.nurse, account="惊厥一次，转院")
    assert Case.objects.get(pk=case.id).due_at == at + 48 * HOUR
    assert refused(lambda: step("settle", cdc, outcome="recovered")) == "vaccination_not_simple"
    assert refused(lambda: step("investigate", clinic.nurse)) == "not_yours"
    step("investigate", cdc)
    assert Case.objects.get(pk=case.id).due_at == at + 7 * DAY
    told: dict[str, Any] = {"cause": "coincident", "outcome": "recovered", "findings": "病毒感染", "compensated": False}
    assert refused(lambda: step("conclude", cdc, **told | {"cause": "?"})) == "form_wrong"
    step("conclude", cdc, **told)
    row = Case.objects.get(pk=case.id)
    assert (row.state, row.facts["cause"]) == ("concluded", "coincident") and row.closed_at is not None


def test_a_mild_fever_needs_no_investigation(clinic: VaccinationClinic) -> None:
    case, _ = report(clinic, given(clinic))
    take_step(case.id, "report", by=clinic.nurse, at=NOW + HOUR, values={"account": "38.8 ℃"})
    take_step(case.id, "settle", by=officer(clinic), at=NOW + 2 * HOUR, values={"outcome": "recovered"})
    assert Case.objects.get(pk=case.id).state == "concluded"


@pytest.mark.django_db(transaction=True)
def test_eight_who_write_down_one_reaction_open_one_case() -> None:
    clinic = make_clinic()
    clinic.stock("A", expires=date(2099, 1, 1))
    dose = given(clinic)
    said = all_at_once([lambda: report(clinic, dose)[1] for _ in range(8)])
    assert said["True"] == 1 and Case.objects.count() == 1
