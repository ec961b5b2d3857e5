"""The administration when everything needs a hand, and used with the keyboard alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from kangqu.kernel.access.roles import Role
from kangqu.site import state
from tests.look_over import cookies_of, look_over

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_house_when_everything_needs_a_hand(open_page, town, settings, tmp_path, monkeypatch):
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "kangqu-zibo-20261101T031500Z-0123456789abcdef.kangqu").write_bytes(b"1" * 1000)
    settings.KANGQU_HOME = tmp_path
    monkeypatch.setattr(state, "_DISK_FREE", 1.1)
    monkeypatch.setattr(state, "_UNSEALED_FOR", timedelta(0))
    monkeypatch.setattr(state, "_BACKUP_AGE", timedelta(0))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) SELECT 'house', name, status"
            " FROM unnest(ARRAY['people.importing.run_the_job_of_a_list', 'house.seal_trace']) name,"
            " unnest(ARRAY['todo', 'failed']::procrastinate_job_status[]) status"
        )
    try:
        look_over(open_page, "/a/system", cookies=cookies_of(town.client(Role.SYSTEM_ADMIN)))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")


def test_an_institution_is_opened_with_the_keyboard_alone(open_page, town):
    page = open_page(f"/a/orgs/{town.county.code}", width=1440, cookies=cookies_of(town.client(Role.SYSTEM_ADMIN)))
    page.keyboard.press("F4")
    page.wait_for_url("**/open")
    page.focus("#id_kind")
    page.keyboard.type("村卫生室")
    page.keyboard.press("Tab")
    page.keyboard.type("新村卫生室")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('新村卫生室')")
