"""Bringing the house up: settings, database server, database, tables, cache table. Each step may be run again."""

from __future__ import annotations

import os

from kangqu.kernel.basis.postgres import OLDEST_MAJOR, start_embedded
from kangqu.kernel.basis.trouble import DatabaseTrouble
from kangqu.site.config import read_config


def open_house(*, migrate: bool = False) -> None:
    """Make Django ready to use. With ``migrate`` the tables are brought to this version as well.

    Raises ``DatabaseTrouble`` or ``ConfigTrouble`` with a sentence for the operator.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqu.site.settings")
    config = read_config()
    if not config.database_url:
        os.environ["KANGQU_DATABASE_URL"] = database_named(start_embedded(config.home), "kangqu")
    _ensure_database(os.environ["KANGQU_DATABASE_URL"])

    import django

    django.setup()
    if migrate:
        bring_up_to_date()
    else:
        _refuse_newer_tables()


def database_named(url: str, name: str) -> str:
    """The same server's URL with another database in it."""
    head, question, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    authority = rest.split("/", 1)[0]
    return f"{scheme}://{authority}/{name}{question}{query}"


def _ensure_database(url: str) -> None:
    """Connect, refuse a server that is too old, and make the database if it is not there."""
    import psycopg
    from psycopg import sql

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            _refuse_old_server(connection.info.server_version)
            return
    except psycopg.OperationalError as failed:
        trouble = failed
    name = url.partition("?")[0].rsplit("/", 1)[1]
    try:
        with psycopg.connect(database_named(url, "postgres"), connect_timeout=10, autocommit=True) as connection:
            _refuse_old_server(connection.info.server_version)
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
            )
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.Error:
        raise DatabaseTrouble(
            "连不上数据库，请核对 KANGQU_DATABASE_URL 和服务器状态。",
            "The database cannot be reached: check KANGQU_DATABASE_URL and the server.",
            trouble,
        ) from trouble


def _refuse_old_server(version: int) -> None:
    if version // 10000 < OLDEST_MAJOR:
        raise DatabaseTrouble(
            f"PostgreSQL {version // 10000} 太旧，需要 {OLDEST_MAJOR} 或更新版本。",
            f"PostgreSQL {version // 10000} is too old: {OLDEST_MAJOR} or newer is needed.",
        )


def _refuse_newer_tables() -> None:
    """Refuse a database whose tables were made by a newer Kangqu: this one would misread them."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    ours = {app.split(".")[-1] for app in _own_apps()}
    unknown = sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in ours and (app, name) not in loader.disk_migrations
    )
    if unknown:
        raise DatabaseTrouble(
            f"数据来自更新版本的康衢（{unknown[0]}），请升级程序。",
            f"The data come from a newer Kangqu ({unknown[0]}): upgrade the program.",
        )


def _own_apps() -> list[str]:
    from django.conf import settings

    return [app for app in settings.INSTALLED_APPS if app.startswith("kangqu.")]


def bring_up_to_date() -> None:
    """Bring the tables to this version."""
    from django.core.management import call_command

    _refuse_newer_tables()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
