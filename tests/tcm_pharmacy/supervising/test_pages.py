"""The overview: every number opens the cases it counts; who may see which pharmacy; what leaves the house is traced."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kangqu.kernel.access.roles import Role
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.supervising.keeping import keep_days
from tests.access import cast
from tests.conftest import NINE
from tests.tcm_pharmacy.board.conftest import client_of
from tests.tcm_pharmacy.supervising.conftest import Week

DAY = "since=2026-11-23&until=2026-11-23"


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return html.unescape(answer.content.decode())


def numbers(client: Client, path: str) -> set[str]:
    return set(re.findall(r"RX-\d+", page(client, path)))


def test_every_number_opens_what_it_counts(week: Week, manager: Client) -> None:
    for late in (-5, 8, 30, None):
        week.rated(week.handed(late), 2)
    week.returned("dose", doctor="王医生")
    week.overridden(doctor="王医生")
    week.received(severity="WARN")
    Prescription.objects.exclude(number="RX-5").update(review={"findings": [], "missing": []})
    Prescription.objects.filter(number="RX-5").update(review={"findings": [{"family": "completeness"}], "missing": []})
    shown = page(manager, f"/c/tcm/overview?{DAY}")
    links = set(re.findall(r'href="(/c/tcm/overview/cases\?[^"]+)"', shown))
    counted = {
        "received": 7, "handed": 4, "on_time": 1, "late": 2, "unpromised": 1, "decided": 6, "returned": 1, "found": 1, "lacking": 1,
        "overridden": 1, "rated": 4, "review": 6, "dispense": 4, "hand_out": 4, "soak": 0,
    }  # fmt: skip
    for figure, count in counted.items():
        path = f"/c/tcm/overview/cases?{DAY}&figure={figure}"
        assert len(numbers(manager, path)) == count, figure
    assert len(links) > 15
    for path in links:
        assert manager.get(path).status_code == 200, path
    assert len(numbers(manager, f"/c/tcm/overview/cases?{DAY}&figure=returned&ground=unclear")) == 0
    assert len(numbers(manager, f"/c/tcm/overview/cases?{DAY}&figure=decided&doctor=L-王医生")) == 2
    assert len(numbers(manager, f"/c/tcm/overview/cases?{DAY}&figure=rated&stars=5")) == 0
    at_nine = sum(len(numbers(manager, f"/c/tcm/overview/cases?{DAY}&figure=review&hour={h}")) for h in range(9, 12))
    assert at_nine == 6
    assert "王医生" in page(manager, f"/c/tcm/overview/doctors?{DAY}")
    look = TraceEntry.objects.filter(action="tcm.overview.list", stream="look").first()
    assert look is not None and look.facts["since"] == "2026-11-23"


def test_kept_days_and_counted_ones_say_the_same(week: Week, manager: Client) -> None:
    week.handed(8)
    week.returned()
    week.at = NINE + timedelta(days=1)
    week.handed(-3)

    def shown() -> str:
        text = page(manager, "/c/tcm/overview?since=2026-11-22&until=2026-11-25")
        return re.sub(
            r"数据截至.*?</p>|nonce=\"[^\"]+\"", "", text[text.index("<main") : text.index("</main")], flags=re.S
        )

    counted = shown()
    assert keep_days(NINE + timedelta(days=1)) == 1
    assert shown() == counted


def test_a_case_is_opened_through_its_own_door(week: Week, manager: Client) -> None:
    case = week.handed(3)
    assert f"/c/cases/{case.code}" in page(manager, f"/c/tcm/overview/cases?{DAY}&figure=late")
    before = TraceEntry.objects.filter(action="case.look", object_id=case.id).count()
    assert manager.get(f"/c/cases/{case.code}").status_code == 200
    assert TraceEntry.objects.filter(action="case.look", object_id=case.id).count() == before + 1


def test_names_no_patient(week: Week, manager: Client) -> None:
    week.rated(week.handed(3), 1)
    for path in ("/c/tcm/overview?", "/c/tcm/overview/cases?figure=rated&", "/c/tcm/overview/doctors?"):
        assert "王秀英" not in page(manager, path + DAY)
    assert "等久了" in page(manager, f"/c/tcm/overview/cases?{DAY}&figure=rated")


@pytest.mark.parametrize("who", ["pharmacist", "dispenser", "courier", "doctor"])
def test_only_who_supervises_sees_it(week: Week, who: str) -> None:
    client = client_of(week.pharmacy, who)
    for path in ("/c/tcm/overview", "/c/tcm/overview/cases?figure=late", "/c/tcm/overview/doctors"):
        assert client.get(path).status_code == 403
    assert Client().get("/c/tcm/overview").status_code == 302


def test_a_manager_sees_her_own_pharmacy_and_the_commission_all(week: Week, officer: Client) -> None:
    week.handed(3)
    where = week.pharmacy.centre.region
    other = cast.institution("2号中药煎配中心", "decoction_centre", where, week.pharmacy.centre.parent)
    cast.staff("elsewhere", Role.PHARMACY_MANAGER, other, at=week.pharmacy.now)
    stranger = client_of(week.pharmacy, "elsewhere")
    assert numbers(stranger, f"/c/tcm/overview/cases?{DAY}&figure=received") == set()
    named = f"{DAY}&at={week.pharmacy.centre.code}"
    assert "1号中药" not in page(stranger, f"/c/tcm/overview?{named}")
    assert numbers(stranger, f"/c/tcm/overview/cases?{named}&figure=received") == set()
    both = page(officer, f"/c/tcm/overview?{DAY}")
    assert "1号中药煎配中心" in both and "2号中药煎配中心" in both and "按中药房" in both
    assert numbers(officer, f"/c/tcm/overview/cases?{DAY}&figure=received") == {"RX-1"}
    assert numbers(officer, f"/c/tcm/overview/cases?{DAY}&figure=received&at={other.code}") == set()


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-11-23&until=2026-11-01", "since=1850-01-01&until=2200-12-31", "since=x&until=%00", "since=9999-99-99",
        "until=1850-01-01", "since=2200-12-31", "at=nonsense", "at=" + "x" * 5000, "",
    ],
)  # fmt: skip
def test_no_range_breaks_it(week: Week, manager: Client, query: str) -> None:
    for path in ("/c/tcm/overview?", "/c/tcm/overview/doctors?", "/c/tcm/overview/cases?figure=late&"):
        assert manager.get(path + query).status_code in (200, 422)


@pytest.mark.parametrize("figure", ["", "nonsense", "x" * 300, "late' OR 1=1"])
def test_there_is_no_such_figure(week: Week, manager: Client, figure: str) -> None:
    assert manager.get("/c/tcm/overview/cases", {"figure": figure}).status_code == 404


def test_a_few_doctors_are_counted_without_percentages(week: Week, manager: Client) -> None:
    week.overridden()
    shown = page(manager, f"/c/tcm/overview/doctors?{DAY}")
    assert "1 / 1" in shown and "100.0" not in shown


def test_the_screen_holds_the_first_rows_and_a_file_all(
    week: Week, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kangqu.systems.tcm_pharmacy.supervising.pages.SHOWN", 2)
    for number in range(4):
        week.returned(doctor=f"医生{number}")
    for path in (f"/c/tcm/overview/doctors?{DAY}", f"/c/tcm/overview/cases?{DAY}&figure=returned"):
        shown = page(manager, path)
        assert "只列" in shown and len(set(re.findall(r"医生\d", shown))) == 2, path
        told = b"".join(manager.get(f"{path}&format=csv&purpose=核查")).decode("utf-8-sig")
        assert len(set(re.findall(r"医生\d", told))) == 4, path


def test_it_is_downloaded_and_that_is_traced(week: Week, manager: Client) -> None:
    week.handed(8, doctor="=cmd|'/C calc'!A0")
    days = b"".join(manager.get(f"/c/tcm/overview?{DAY}&format=csv"))
    assert days.startswith(b"\xef\xbb\xbf")
    lines = days.decode("utf-8-sig").splitlines()
    assert "2026-11-23" in lines[1] and "1号中药煎配中心" in lines[1] and len(lines) >= 2
    doctors = b"".join(manager.get(f"/c/tcm/overview/doctors?{DAY}&format=csv")).decode("utf-8-sig")
    assert not re.search(r'(^|[,"])=cmd', doctors), "a name is no formula"
    asks = page(manager, f"/c/tcm/overview/cases?{DAY}&figure=late&format=csv")
    assert "purpose" in asks, "a list of cases asks what for"
    cases = manager.get(f"/c/tcm/overview/cases?{DAY}&figure=late&format=csv&purpose=核查")
    assert "RX-1" in b"".join(cases).decode("utf-8-sig")
    traced = TraceEntry.objects.filter(action="tcm.overview.export").order_by("at")
    assert [each.reason for each in traced] == ["", "", "核查"]


def test_the_number_of_questions_does_not_grow(week: Week, officer: Client) -> None:
    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as questions:
            assert officer.get(path).status_code == 200
        return len(questions)

    paths = [f"/c/tcm/overview?{DAY}", f"/c/tcm/overview/cases?{DAY}&figure=rated", f"/c/tcm/overview/doctors?{DAY}"]
    week.rated(week.handed(3), 1)
    for path in paths:
        asked(path)
    few = [asked(path) for path in paths]
    for number in range(6):
        week.rated(week.handed(number, doctor=f"医生{number}"), 4)
        week.returned()
    assert [asked(path) for path in paths] == few
