"""A list costs the same questions however long it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.casework.conftest import Desk


@pytest.mark.parametrize("path", ["/c/tasks", "/c/cases", "/c/tasks?programme=test_visit&state=asked"])
def test_questions_do_not_grow_with_the_list(desk: Desk, nurse: Client, path: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as questions:
            assert nurse.get(path).status_code == 200
        return len(questions)

    desk.visit()
    desk.lamp()
    asked()
    few = asked()
    for number in range(20):
        desk.visit(ago=timedelta(minutes=number))
        desk.lamp()
    assert asked() == few <= 30
