"""The whole API under a fuzzer: whatever comes in, the server answers for it and never breaks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from kangqu.kernel.access.models import Grant
from kangqu.kernel.access.operations import STAFF_ROLES, all_scopes
from kangqu.kernel.access.roles import ADMIN_ROLES, Role
from tests.access import cast

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """As Django's own test client does: a request's end must not close the connection the test is in."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def schema(db: Any) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


@pytest.fixture
def token(db: Any) -> str:
    """A system that may call everything: the fuzzer gets past the door and at the code behind it."""
    now = timezone.now()
    where = cast.institution("市卫健委", "commission", cast.region("3703", "淄博"), serves=True)
    account = cast.staff("fuzzer", Role.AUDIT_ADMIN, where, at=now)
    for role in [*(STAFF_ROLES - ADMIN_ROLES), Role.DEVICE, Role.SYSTEM, Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN]:
        Grant.objects.create(account=account, role=role, institution=where, starts_at=now - timedelta(days=1))
    return cast.token_of(account, *all_scopes(), until=now + timedelta(hours=1))


def test_nothing_breaks_the_server(schema: Any, token: str) -> None:
    """Every operation of the API, with what fits its description and what does not."""
    operations = [each.ok() for each in schema.get_all_operations()]
    assert operations
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                _fuzz(operation.as_strategy(generation_mode=mode), token)
            except Unsatisfiable:
                continue  # nothing can be wrong with a call that takes nothing


def _fuzz(cases: Any, token: str) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(case=cases)
    def ask(case: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}", "Idempotency-Key": "fuzz"}
        response = case.call()
        assert response.status_code < 500, (case.method, case.path, response.text)
        if response.status_code >= 400:
            assert response.headers["content-type"][0].startswith("application/problem+json"), response.text
            assert response.json()["code"].startswith("KQ-")

    ask()
