"""What is counted is what the trace says; what is kept is that again, and a check finds where it is not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kangqu.kernel.cases.steps import take_step
from kangqu.systems.tcm_pharmacy.board.stations import Station
from kangqu.systems.tcm_pharmacy.models import DayCounted, DaySum, Prescription, Promise
from kangqu.systems.tcm_pharmacy.supervising import counting, lists
from kangqu.systems.tcm_pharmacy.supervising.checks import check_days
from kangqu.systems.tcm_pharmacy.supervising.counting import count_days
from kangqu.systems.tcm_pharmacy.supervising.figures import Figures
from kangqu.systems.tcm_pharmacy.supervising.keeping import is_over, keep_day, keep_days
from tests.basis.plans import generic_plan
from tests.conftest import NINE
from tests.tcm_pharmacy.crowds import copies, statistics, weighings
from tests.tcm_pharmacy.supervising.conftest import Week

MONDAY = date(2026, 11, 23)


def of(week: Week, day: date = MONDAY) -> Figures:
    return count_days(day, day).get((week.pharmacy.centre.pk, day), Figures())


def test_every_figure_of_a_day(week: Week) -> None:
    for late in (-30, 0, 0.5, 12, 40):
        week.handed(late)
    week.handed(None)
    week.returned("dose", doctor="王医生")
    week.returned("unclear", severity="BLOCK")
    week.overridden(doctor="王医生")
    week.received(severity="WARN")
    found = of(week)
    assert (found.received, found.handed, found.promised, found.unpromised) == (10, 6, 5, 1)
    assert dict(found.late) == {-30: 1, 0: 1, 1: 1, 12: 1, 40: 1}
    assert (found.on_time, found.late_count, found.late_at(0.5), found.late_at(0.9)) == (2, 3, 12, 40)
    assert dict(found.grounds) == {"dose": 1, "unclear": 1}
    told = {each.name: (each.decided, each.found, each.overridden, each.returned) for each in found.doctors.values()}
    assert told == {"李医生": (7, 1, 0, 1), "王医生": (2, 1, 1, 1)}
    assert found.finished(Station.REVIEW) == 9
    assert found.finished(Station.DISPENSE) == found.finished(Station.HAND_OUT) == 6
    assert sum(found.hours["review"][9:11]) == 9


WARNING = {"severity": "WARN", "family": "dose"}
INCOMPLETE = {"severity": "WARN", "family": "completeness"}
UNKNOWN = {"fact": "pregnant", "rules": ["PREGNANCY-CARE"], "herbs": ["当归"]}


@pytest.mark.parametrize(
    ("severity", "findings", "missing", "counted"),
    [
        ("", [], [], (0, 0)),
        ("", [], [UNKNOWN], (0, 1)),
        ("WARN", [INCOMPLETE], [], (0, 1)),
        ("WARN", [INCOMPLETE, INCOMPLETE], [UNKNOWN], (0, 1)),
        ("WARN", [WARNING], [], (1, 0)),
        ("WARN", [WARNING, INCOMPLETE], [], (1, 1)),
        ("DOUBLE_SIGN", [{"severity": "DOUBLE_SIGN", "family": "people"}, INCOMPLETE], [], (1, 1)),
        ("INFO", [{"severity": "INFO", "family": "name"}], [], (0, 0)),
    ],
)
def test_what_the_hospital_left_out_is_no_finding(
    week: Week, severity: str, findings: list[Any], missing: list[Any], counted: tuple[int, int]
) -> None:
    case = week.received(severity=severity)
    Prescription.objects.filter(case_id=case.id).update(review={"findings": findings, "missing": missing})
    week.step(case, "return_to_doctor", "second", 3, ground="dose", reason="请核对")
    found = of(week)
    assert (found.decided, (found.found, found.lacking)) == (1, counted)


def test_what_is_fetched_late_was_not_late(week: Week) -> None:
    week.handed(-5, fetched_after=800)
    assert of(week).on_time == 1
    to = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}
    case = week.received(delivery=to)
    for name, who in (("approve", "second"), ("dispense", "dispenser"), ("check", "pharmacist"), ("pack", "dispenser")):
        week.step(case, name, who, 1)
    week.step(case, "release_bags", "pharmacist", 1)
    Promise.objects.create(
        case_id=case.id, pharmacy=week.pharmacy.centre, promised_at=week.at, first_promised_at=week.at, stages=[],
        quoted_at=week.at,
    )  # fmt: skip
    week.step(case, "take_along", "courier", 5)
    week.step(case, "deliver", "courier", 20)
    assert of(week).late[25] == 1, "what is delivered is late when it arrives late"


def test_what_was_moved_is_late_by_its_first_promise(week: Week) -> None:
    case = week.handed(15)
    Promise.objects.filter(case_id=case.id).update(promised_at=week.at + timedelta(hours=5))
    assert of(week).late[15] == 1


def test_a_day_ends_at_midnight_in_the_city(week: Week) -> None:
    week.at = NINE.replace(hour=23, minute=59)
    case = week.received(extension_days=3)
    week.step(case, "approve", "second", 2)
    assert (of(week).received, of(week).decided) == (1, 0)
    tuesday = of(week, MONDAY + timedelta(days=1))
    assert (tuesday.received, tuesday.decided, tuesday.hours["review"][0]) == (0, 1, 1)


def test_what_is_made_anew_is_finished_again_and_handed_over_once(week: Week) -> None:
    case = week.received()
    for turn in range(2):
        if not turn:
            week.step(case, "approve", "second", 1)
        week.step(case, "dispense", "dispenser", 1)
        week.step(case, "check", "pharmacist", 1)
        if not turn:
            take_step(case.id, "scrap", by=week.by("manager"), at=week.at, values={"why": "洒了"})
    assert (of(week).finished(Station.DISPENSE), of(week).handed) == (2, 0)


def test_days_that_are_over_are_kept_and_what_stopped_goes_on(week: Week) -> None:
    week.handed(3)
    tuesday = NINE + timedelta(days=1)
    assert keep_days(NINE.replace(hour=23, minute=59)) == 0
    assert not is_over(MONDAY, NINE.replace(hour=23, minute=59) + timedelta(minutes=10))
    assert keep_days(tuesday) == 1
    assert DaySum.objects.get().figures == of(week).as_data()
    assert keep_days(tuesday) == 0, "once"
    later = NINE + timedelta(days=5)
    assert [keep_days(later, limit=3), keep_days(later, limit=3), keep_days(later)] == [3, 2, 0]
    assert DayCounted.objects.count() == 5 and DaySum.objects.count() == 1
    assert list(check_days()) == []


def test_what_is_told_late_of_a_day_is_found_within_the_hour(week: Week) -> None:
    tuesday = NINE + timedelta(days=1)
    week.handed(3)
    keep_days(tuesday)
    week.handed(5)
    assert keep_days(tuesday + timedelta(minutes=59)) == 0
    assert keep_days(tuesday + timedelta(minutes=61)) == 1
    assert DaySum.objects.get().figures["received"] == 2
    keep_days(tuesday + timedelta(hours=20))
    keep_days(tuesday + timedelta(hours=22))
    assert DayCounted.objects.get(day=MONDAY).counted_at == tuesday + timedelta(hours=20), "a day later it is settled"


def test_the_check_finds_what_drifted(week: Week) -> None:
    week.handed(3)
    keep_days(NINE + timedelta(days=1))
    row = DaySum.objects.get()
    DaySum.objects.filter(pk=row.pk).update(figures=row.figures | {"received": 9})
    (found,) = check_days()
    assert "2026-11-23" in found.where
    keep_day(MONDAY, NINE + timedelta(days=1))
    assert list(check_days()) == []
    DaySum.objects.all().delete()
    assert len(list(check_days())) == 1


def test_the_number_of_statements_does_not_grow(week: Week) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as questions:
            keep_day(MONDAY, NINE)
        return len(questions)

    week.handed(1)
    asked()
    few = asked()
    for _ in range(5):
        week.handed(2)
        week.returned()
    assert asked() == few


ALL: dict[str, Any] = {
    "steps": ["approve"], "ground": "", "doctor": "",
    "only_found": False, "only_lacking": False, "kept": "", "hour": -1, "limit": 10, "grave": ["BLOCK"],
}  # fmt: skip


def test_plans_use_indexes(week: Week) -> None:
    case = week.handed(3)
    copies(case.id, 2_000)
    weighings(case.id)
    statistics()
    asked = counting.asked_for(MONDAY, MONDAY, [week.pharmacy.centre.pk]) | ALL
    for statement in (
        counting.OPENED,
        counting.FINISHED,
        counting.HANDED,
        counting.DECIDED,
        lists.OPENED,
        lists.STEPPED,
    ):
        given = asked | ({"grave": ["BLOCK"]} if statement == counting.DECIDED else {})
        with transaction.atomic():
            plan = generic_plan(statement, given)
        assert "Seq Scan" not in plan, plan
        assert ("case_of_" if statement == lists.OPENED else "action_at_idx") in plan, plan
