"""What thousands of tests would do again each time is done once, or with little work; none of it is under test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, transaction
from django.test import TransactionTestCase, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

_KEPT = ("django_content_type", "auth_permission")


class LightArgon2(Argon2PasswordHasher):
    """Argon2 as the product uses it, with little work: tests hash hundreds of passwords."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1


@pytest.fixture(autouse=True, scope="session")
def _little_work() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, override_settings(PASSWORD_HASHERS=["tests.frugal.LightArgon2"]):
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty_database())
        patch.setattr(WhiteNoiseMiddleware, "__init__", _files_read_once(WhiteNoiseMiddleware.__init__))
        yield


def empty_database() -> None:
    """Delete every row of every table, past all triggers; what the migrations of Django's own packages wrote stays.

    Django's way truncates every table and writes permissions and content types anew, at some 400 ms a test.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_which_hold_rows())
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@lru_cache(maxsize=1)
def _which_hold_rows() -> str:
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - set(_KEPT))
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {connection.ops.quote_name(name)})" for name in tables
    )


def _files_read_once(read: Any) -> Any:
    """Each test client would read the list of static files again, and make the headers of every one."""
    known: dict[str, dict[str, Any]] = {}

    def init(self: WhiteNoiseMiddleware, get_response: Any = None, settings: Any = settings) -> None:
        root = str(settings.STATIC_ROOT)
        if root not in known:
            read(self, get_response, settings)
            known[root] = dict(vars(self))
        vars(self).update(known[root], get_response=get_response)

    return init
