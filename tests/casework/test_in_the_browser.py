"""A work list and a step with nothing but keys and a scan gun."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.models import Case
from kangqu.kernel.trace.partitions import ensure_partitions
from tests.browser import bar_turned, scan
from tests.casework.conftest import make_desk
from tests.look_over import cookies_of


def tab_to(page, wanted):
    """Press Tab until the focus is on what matches ``wanted``."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"Tab never came to {wanted}")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_list_and_a_step_by_keys_and_scans_alone(open_page):
    desk = make_desk()
    ensure_partitions("trace_entry", around=desk.now - timedelta(days=2), ahead=4)
    nurse = desk.staff("nurse", Role.NURSE)
    late, new, third = desk.lamp(ago=timedelta(hours=3)), desk.lamp(ago=timedelta(minutes=5)), desk.lamp()
    visit = desk.visit()
    page = open_page("/c/tasks", width=1440, cookies=cookies_of(nurse))

    # ↓ from the first line to the second, Enter opens it.
    tab_to(page, "tbody th a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/c/cases/{new.code}")

    # F8 takes the next step; F2 and a typed code open another case.
    page.keyboard.press("F8")
    page.wait_for_selector("[data-flash]")
    assert Case.objects.get(pk=new.id).state == "looked_at"
    page.keyboard.press("F2")
    page.keyboard.type(visit.code, delay=70)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/c/cases/{visit.code}")
    page.keyboard.press("F8")
    page.wait_for_selector("[data-flash]")

    # A step with a form: F8 opens it, Tab and typing fill it, F8 sends it.
    page.keyboard.press("F8")
    page.wait_for_url("**/steps/visit")
    tab_to(page, "[name=systolic]")
    page.keyboard.type("138", delay=70)
    tab_to(page, "[name=well]")
    page.keyboard.press("Space")
    page.keyboard.press("F8")
    page.wait_for_url(f"**/c/cases/{visit.code}")
    assert Case.objects.get(pk=visit.id).facts == {"systolic": 138, "well": True}

    # A scan needs no focus, on any page of cases.
    scan(page, late.code)
    page.wait_for_url(f"**/c/cases/{late.code}")
    scan(page, f"{late.code}.LOOK")
    bar_turned(page, "on-ok")
    scan(page, f"{new.code}.LOOK")
    bar_turned(page, "on-bad")
    assert Case.objects.get(pk=late.id).state == "looked_at"

    # Space chooses, F8 does it for those chosen.
    page.goto(page.url.split("/c/")[0] + "/c/tasks?programme=test_lamp&state=reported")
    tab_to(page, "[name=pick]")
    page.keyboard.press("Space")
    page.keyboard.press("F8")
    page.wait_for_selector("[data-flash]")
    assert [Case.objects.get(pk=case.id).state for case in (late, new, third)] == ["looked_at"] * 3
