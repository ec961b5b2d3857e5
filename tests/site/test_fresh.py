"""What a process remembers of the city's policies is held against the database every few seconds, not at every request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError

from kangqu.kernel.policies import known
from kangqu.kernel.rules.policy import adopt, edition
from kangqu.site import fresh
from tests.policies.cast import adopted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_adopted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    adopt((), edition=0)
    monkeypatch.setattr(fresh._Fresh, "until", 0.0)
    monkeypatch.setattr(fresh, "let_go_of_dead_connections", lambda: None)  # it would end the test's transaction
    yield
    adopt((), edition=0)


def test_compared_once_in_five_seconds(monkeypatch, django_assert_num_queries):
    now = 100.0
    monkeypatch.setattr("kangqu.site.fresh.time.monotonic", lambda: now)
    adopted()
    fresh.keep_policies_fresh()
    assert (first := edition()) > 0
    with django_assert_num_queries(0):
        now = 104.9
        fresh.keep_policies_fresh()
    adopt((), edition=0)
    now = 105.0
    fresh.keep_policies_fresh()
    assert edition() == first


def test_a_database_that_is_gone_is_asked_again_at_the_next_request(monkeypatch):
    asked = []

    def gone() -> bool:
        asked.append(1)
        raise OperationalError

    monkeypatch.setattr(known, "know", gone)
    fresh.keep_policies_fresh()
    fresh.keep_policies_fresh()
    assert len(asked) == 2 and fresh._Fresh.until == 0.0
