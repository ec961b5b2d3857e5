"""The small cast of the stories."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kangqu.kernel.basis.clock import CITY

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=CITY)
"""Nine o'clock on an ordinary Monday in the city: when most tests happen."""


@pytest.fixture
def nine() -> datetime:
    return NINE


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any) -> None:
    """Databases of tests are copies of one that the migrations were run on: once, however many processes test."""
    from django.core.management import call_command
    from django.db import connection

    migrations = sorted(Path("kangqu").glob("**/migrations/*.py"))
    content = b"".join(path.read_bytes() for path in (*migrations, Path("requirements/test.lock")))
    name = f"kangqu_migrated_{hashlib.sha256(content).hexdigest()[:12]}"
    own = connection.settings_dict["NAME"]
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7061)")
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'kangqu_migrated_%'")
        made = {row[0] for row in cursor.fetchall()}
        if name not in made:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}_unfinished WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name}_unfinished TEMPLATE template0")
            connection.close_pool()  # type: ignore[attr-defined]
            connection.settings_dict["NAME"] = f"{name}_unfinished"
            try:
                call_command("migrate", verbosity=0)
            finally:
                connection.close()
                connection.close_pool()  # type: ignore[attr-defined]
                connection.settings_dict["NAME"] = own
            cursor.execute(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
        connection.settings_dict["TEST"]["TEMPLATE"] = name
        cursor.execute("SELECT pg_advisory_unlock(7061)")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--asks-the-database",
        action="store_true",
        help="only tests that ask the database named in the environment: the others know nothing of it",
    )


_WEIGHTS = {"looks": 3, "slow": 2, "browser": 1}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that look pages over go first, then those with slow tests, then those with a browser: spread over processes,
    no long one is left last."""
    if config.getoption("--asks-the-database"):
        config.hook.pytest_deselected(items=[item for item in items if not _asks_the_database(item)])
        items[:] = filter(_asks_the_database, items)
    weight: dict[str, int] = {}
    for item in items:
        marks = next((n for name, n in _WEIGHTS.items() if item.get_closest_marker(name)), 0)
        weight[item.nodeid.partition("::")[0]] = max(weight.get(item.nodeid.partition("::")[0], 0), marks)
    items.sort(key=lambda item: -weight[item.nodeid.partition("::")[0]])


def _asks_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("looks"):
        return False
    fixtures = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    return bool(fixtures) or any(item.get_closest_marker(name) for name in ("django_db", "database"))
