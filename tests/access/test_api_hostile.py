"""The whole API under a fuzzer: whatever comes in, the server answers for it and never breaks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from kangqu.kernel.access.models import Grant
from kangqu.kernel.access.operations import STAFF_ROLES, all_scopes
from kangqu.kernel.access.roles import ADMIN_ROLES, Role
from tests.access import cast

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


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


lazy = schemathesis.pytest.from_fixture("schema")


@lazy.parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
def test_nothing_breaks_the_server(case: Any, token: str) -> None:
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}", "Idempotency-Key": "fuzz"}
    response = case.call()
    case.validate_response(response, checks=[not_a_server_error])
    if response.status_code >= 400:
        assert response.headers["content-type"][0].startswith("application/problem+json")
        assert response.json()["code"].startswith("KQ-")
