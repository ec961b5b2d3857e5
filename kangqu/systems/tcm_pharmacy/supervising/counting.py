"""Counting from the trace: four statements for any range of days, whatever the number of pharmacies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from kangqu.kernel.basis.clock import city_day, day_ends, day_starts
from kangqu.kernel.basis.prepared import run
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.programme import CODE
from kangqu.systems.tcm_pharmacy.supervising.figures import CLOSING, DECIDING, GRAVE, STEPS, Doctor, Figures

CITY_TIME: Final = "((t.at AT TIME ZONE 'UTC') + interval '8 hours')"
"""The city's wall clock: +08:00 all year (``basis.clock``)."""
RANGE: Final = """
       t.at >= %(since)s::timestamptz AND t.at < %(until)s::timestamptz
   AND c.programme = %(programme)s::text AND (%(all)s::boolean OR c.institution_id = ANY(%(pharmacies)s::bigint[]))
"""
OPENED: Final = f"""
SELECT c.institution_id, {CITY_TIME}::date, count(*)
  FROM trace_entry t JOIN cases_case c ON c.id = t.object_id
 WHERE t.action = 'case.open' AND {RANGE} GROUP BY 1, 2
"""  # noqa: S608
FINISHED: Final = f"""
SELECT c.institution_id, {CITY_TIME}::date, extract(hour FROM {CITY_TIME})::int, t.facts ->> 'step', count(*)
  FROM trace_entry t JOIN cases_case c ON c.id = t.object_id
 WHERE t.action = 'case.step' AND {RANGE} AND t.facts ->> 'step' = ANY(%(steps)s::text[]) GROUP BY 1, 2, 3, 4
"""  # noqa: S608
# What is fetched is in time when it was ready in time: whoever fetches it may come when she likes.
LATE_BY: Final = """
  LEFT JOIN tcm_pharmacy_promise m ON m.case_id = c.id
  LEFT JOIN LATERAL (SELECT r.at FROM trace_entry r
     WHERE r.object_type = 'case' AND r.stream = 'step' AND r.object_id = c.id AND r.at >= c.opened_at AND r.at <= t.at
       AND r.action = 'case.step' AND r.facts ->> 'step' = 'release_bags'
     ORDER BY r.at DESC LIMIT 1) AS made ON t.facts ->> 'step' = 'hand_out'
"""
MINUTES: Final = "ceil(extract(epoch FROM coalesce(made.at, t.at) - m.first_promised_at) / 60)::int"
HANDED: Final = f"""
SELECT c.institution_id, {CITY_TIME}::date, {MINUTES}, count(*)
  FROM trace_entry t JOIN cases_case c ON c.id = t.object_id {LATE_BY}
 WHERE t.action = 'case.step' AND {RANGE} AND t.facts ->> 'step' = ANY(%(steps)s::text[]) GROUP BY 1, 2, 3
"""  # noqa: S608
FOUND: Final = """(x.severity = ANY(%(grave)s::text[]) OR x.severity = 'WARN' AND
       jsonb_path_exists(x.review, '$.findings[*] ? (@.severity == "WARN" && @.family != "completeness")'))"""
"""Something speaks against the prescription as it stands; that it is incomplete (RX8 to RX10) is counted by itself."""
LACKING: Final = """(jsonb_path_exists(x.review, '$.findings[*] ? (@.family == "completeness")')
       OR jsonb_path_exists(x.review, '$.missing[0]'))"""
"""The hospital left something out: of the prescription, or a fact of the patient without which a rule could not judge."""
DECIDED: Final = f"""
SELECT c.institution_id, {CITY_TIME}::date, x.prescriber_licence, x.prescriber_name, t.facts ->> 'step',
       coalesce(t.facts -> 'facts' ->> 'ground', ''), {FOUND}, {LACKING}, count(*)
  FROM trace_entry t JOIN cases_case c ON c.id = t.object_id JOIN tcm_pharmacy_prescription x ON x.case_id = c.id
 WHERE t.action = 'case.step' AND {RANGE} AND t.facts ->> 'step' = ANY(%(steps)s::text[]) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
 ORDER BY 4
"""  # noqa: S608

Key = tuple[int, date]


def asked_for(first: date, last: date, pharmacies: Sequence[int] | None) -> dict[str, Any]:
    """The parameters of a range of the city's days, both ends among them; every pharmacy where none is named."""
    return {
        "since": day_starts(first),
        "until": day_ends(last),
        "programme": CODE,
        "all": pharmacies is None,
        "pharmacies": list(pharmacies or ()),
    }


def count_days(first: date, last: date, pharmacies: Sequence[int] | None = None) -> dict[Key, Figures]:
    """The figures of each pharmacy and day of the range, from the trace. What happened nowhere is missing."""
    asked = asked_for(first, last, pharmacies)
    found: dict[Key, Figures] = {}

    def of(row: Sequence[Any]) -> Figures:
        return found.setdefault((row[0], row[1]), Figures())

    for row in run(OPENED, asked):
        of(row).received += row[2]
    for row in run(FINISHED, asked | {"steps": list(STEPS)}):
        of(row).finish(STEPS[row[3]], row[2], row[4])
    for row in run(HANDED, asked | {"steps": list(CLOSING)}):
        if row[2] is None:
            of(row).unpromised += row[3]
        else:
            of(row).late[row[2]] += row[3]
    for row in run(DECIDED, asked | {"steps": list(DECIDING), "grave": list(GRAVE)}):
        _decided(of(row), row[2], row[3], step=row[4], ground=row[5], grave=row[6], lacking=row[7], count=row[8])
    return found


def _decided(
    figures: Figures, licence: str, name: str, *, step: str, ground: str, grave: bool, lacking: bool, count: int
) -> None:
    doctor = figures.doctors.setdefault(licence, Doctor(name))
    doctor.decided += count
    doctor.found += count if grave else 0
    doctor.lacking += count if lacking else 0
    doctor.overridden += count if grave and step == "second_sign" else 0
    if step == "return_to_doctor":
        doctor.returned += count
        figures.grounds[ground or "other"] += count


def first_day() -> date | None:
    """The day of the first prescription; None where there is none."""
    first = Prescription.objects.order_by("pk").values_list("received_at", flat=True).first()
    return None if first is None else city_day(first)
