"""The cases behind a figure: the same conditions the figure was counted with, latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.clock import day_ends, day_starts
from kangqu.kernel.basis.prepared import run
from kangqu.systems.tcm_pharmacy.board.stations import Station
from kangqu.systems.tcm_pharmacy.models import Prescription, Rating
from kangqu.systems.tcm_pharmacy.supervising import counting
from kangqu.systems.tcm_pharmacy.supervising.asked import Asked
from kangqu.systems.tcm_pharmacy.supervising.figures import CLOSING, DECIDING, GRAVE, STEPS
from kangqu.systems.tcm_pharmacy.supervising.reads import Overview

_SHOWN: Final = "c.code, c.number, c.state, c.institution_id, t.at, x.prescriber_name, x.prescriber_licence"
OPENED: Final = """
SELECT c.code, c.number, c.state, c.institution_id, c.opened_at, x.prescriber_name, x.prescriber_licence, NULL::int, ''
  FROM cases_case c JOIN tcm_pharmacy_prescription x ON x.case_id = c.id
 WHERE c.institution_id = ANY(%(pharmacies)s::bigint[]) AND c.programme = %(programme)s::text
   AND c.opened_at >= %(since)s::timestamptz AND c.opened_at < %(until)s::timestamptz
 ORDER BY c.opened_at DESC LIMIT %(limit)s::int
"""
STEPPED: Final = f"""
SELECT {_SHOWN}, CASE WHEN t.facts ->> 'step' IN ('hand_out', 'deliver') THEN {counting.MINUTES} END,
       coalesce(t.facts -> 'facts' ->> 'ground', '')
  FROM trace_entry t JOIN cases_case c ON c.id = t.object_id
  JOIN tcm_pharmacy_prescription x ON x.case_id = c.id {counting.LATE_BY}
 WHERE t.action = 'case.step' AND {counting.RANGE} AND t.facts ->> 'step' = ANY(%(steps)s::text[])
   AND (%(ground)s::text = '' OR t.facts -> 'facts' ->> 'ground' = %(ground)s::text)
   AND (%(doctor)s::text = '' OR x.prescriber_licence = %(doctor)s::text)
   AND (%(hour)s::int < 0 OR extract(hour FROM {counting.CITY_TIME})::int = %(hour)s::int)
   AND (NOT %(only_found)s::boolean OR {counting.FOUND}) AND (NOT %(only_lacking)s::boolean OR {counting.LACKING})
   AND CASE %(kept)s::text WHEN 'on_time' THEN {counting.MINUTES} <= 0 WHEN 'late' THEN {counting.MINUTES} > 0
            WHEN 'unpromised' THEN m.id IS NULL ELSE true END
 ORDER BY t.at DESC LIMIT %(limit)s::int
"""  # noqa: S608
FIGURES: Final = (
    "received", "on_time", "late", "unpromised", "handed", "decided", "returned", "found", "lacking", "overridden", "rated",
    *(each.value for each in Station),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A case behind a figure: no patient. ``late`` in minutes past its first promise; ``stars`` where it was rated."""

    code: str
    number: str
    state: str
    pharmacy_id: int
    at: datetime
    doctor: str
    licence: str
    late: int | None
    ground: str
    stars: int = 0
    reasons: tuple[str, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figure's cases: of a ground of returns, a doctor (by licence), an hour, or so many stars, where it is said."""

    figure: str
    ground: str = ""
    doctor: str = ""
    stars: int = 0
    hour: int = -1


def lines_behind(wanted: Wanted, found: Overview, limit: int) -> list[Line]:
    """The latest ``limit`` of the cases that ``wanted`` counts. Day after day is asked, the last first, and only those days
    on which something was counted: what is rare is found without reading what lies between."""
    if not found.asked.places:
        return []
    if wanted.figure == "rated":
        return _rated(wanted, found.asked, limit)
    lines: list[Line] = []
    days = {day for (_, day), figures in found.days.items() if figures.count(wanted.figure)}
    for day in sorted(days, reverse=True):
        given = counting.asked_for(day, day, found.asked.pharmacy_ids) | {"limit": limit - len(lines)}
        statement = OPENED if wanted.figure == "received" else STEPPED
        lines += [Line(*row) for row in run(statement, given | _conditions(wanted))]
        if len(lines) >= limit:
            break
    return lines


def _conditions(wanted: Wanted) -> dict[str, Any]:
    kept = wanted.figure if wanted.figure in ("on_time", "late", "unpromised") else ""
    return {
        "steps": list(_steps(wanted.figure)),
        "ground": wanted.ground,
        "doctor": wanted.doctor,
        "only_found": wanted.figure in ("found", "overridden"),
        "only_lacking": wanted.figure == "lacking",
        "grave": list(GRAVE),
        "kept": kept,
        "hour": wanted.hour,
    }


def _steps(figure: str) -> Sequence[str]:
    if figure in ("on_time", "late", "unpromised", "handed"):
        return CLOSING
    if figure in ("decided", "found", "lacking"):
        return DECIDING
    if figure == "returned":
        return ("return_to_doctor",)
    if figure == "overridden":
        return ("second_sign",)
    return [step for step, station in STEPS.items() if station.value == figure]


def _rated(wanted: Wanted, asked: Asked, limit: int) -> list[Line]:
    found = Rating.objects.filter(
        pharmacy_id__in=asked.pharmacy_ids, rated_at__gte=day_starts(asked.since), rated_at__lt=day_ends(asked.until)
    )
    if wanted.stars:
        found = found.filter(stars=wanted.stars)
    rows = found.order_by("-rated_at", "-pk")[:limit]
    kept = {
        each.case_id: each
        for each in Prescription.objects.filter(case_id__in=[row.case_id for row in rows])
        .select_related("case").only("case", "prescriber_name", "prescriber_licence", "number")
    }  # fmt: skip
    return [
        Line(
            kept[row.case_id].case.code, kept[row.case_id].number, kept[row.case_id].case.state, row.pharmacy_id, row.rated_at,
            kept[row.case_id].prescriber_name, kept[row.case_id].prescriber_licence, None, "", row.stars, tuple(row.reasons),
            row.sentence,
        )
        for row in rows
    ]  # fmt: skip
