"""Bringing the house up: settings, database server, database, tables, cache table. Each step may be run again."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.basis.embedded import start_embedded
from kangqu.kernel.basis.postgres import OLDEST_MAJOR, database_named, django_database
from kangqu.kernel.basis.trouble import DatabaseTrouble
from kangqu.site.config import Config, read_config

_MIGRATING = 0x6B616E67  # the advisory lock of whoever changes the tables


def open_house(*, migrate: bool = False) -> Config:
    """Make Django ready to use. With ``migrate`` the tables are brought to this version as well.

    Without it a database whose tables are older is refused: run ``kangqu migrate`` first. Raises ``DatabaseTrouble`` or
    ``ConfigTrouble`` with a sentence for the operator.
    """
    config = find_database()

    import django

    django.setup()
    if migrate:
        bring_up_to_date(config)
    else:
        _refuse_other_tables(older=True)
    from kangqu.kernel.cases.versions import refuse_stranding
    from kangqu.site.belonging import refuse_strangers

    refuse_strangers(config.city, config.secrets)
    refuse_stranding()
    gc.freeze()  # what was loaded stays: looking through it again and again costs a plan or a request a tenth of a second
    return config


def find_database() -> Config:
    """Start the embedded server if no other is named, and make the database if it is not there."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqu.site.settings")
    config = read_config()
    if not config.database_url:
        os.environ["KANGQU_DATABASE_URL"] = database_named(start_embedded(config.home), "kangqu")
    ensure_database(os.environ["KANGQU_DATABASE_URL"])
    return config


def ensure_database(url: str) -> None:
    """Connect, refuse a server that is too old, and make the database if it is not there."""
    import psycopg
    from psycopg import sql

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            refuse_old_server(connection.info.server_version)
            return
    except psycopg.OperationalError as failed:
        trouble = failed
    name = django_database(url)["NAME"]
    try:
        with psycopg.connect(database_named(url, "postgres"), connect_timeout=10, autocommit=True) as connection:
            refuse_old_server(connection.info.server_version)
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'").format(
                    sql.Identifier(name)
                )
            )
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.Error:
        raise DatabaseTrouble(
            "连不上数据库，请核对 KANGQU_DATABASE_URL 和服务器状态。",
            "The database cannot be reached: check KANGQU_DATABASE_URL and the server.",
            trouble,
        ) from trouble


def refuse_old_server(version: int) -> None:
    """``version`` as PostgreSQL counts: 150004 is 15.4."""
    if version // 10000 < OLDEST_MAJOR:
        raise DatabaseTrouble(
            f"PostgreSQL {version // 10000} 太旧，需要 {OLDEST_MAJOR} 或更新版本。",
            f"PostgreSQL {version // 10000} is too old: {OLDEST_MAJOR} or newer is needed.",
        )


def migrations_here() -> tuple[set[str], set[str]]:
    """Every migration this version knows, and the labels of our own apps."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations if app in loader.migrated_apps}
    return known, {app.label for app in apps.get_app_configs() if app.name.startswith("kangqu.")}


def pending_migrations() -> tuple[list[str], list[str]]:
    """Migrations of ours that this database lacks, and those it has that we do not know (from a newer version)."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    known, ours = migrations_here()
    applied = {f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()}
    return sorted(known - applied), sorted(name for name in applied - known if name.partition(".")[0] in ours)


def _refuse_other_tables(*, older: bool) -> None:
    """Refuse tables made by a newer Kangqu, which this one would misread, and, if asked, older ones too."""
    lacking, unknown = pending_migrations()
    if unknown:
        raise DatabaseTrouble(
            f"数据来自更新版本的康衢（{unknown[0]}），请升级程序。",
            f"The data come from a newer Kangqu ({unknown[0]}): upgrade the program.",
        )
    if older and lacking:
        raise DatabaseTrouble(
            f"数据库还没有升级到这个版本（缺 {lacking[0]}），请先运行 kangqu migrate。",
            f"The database is not at this version yet ({lacking[0]} is missing): run kangqu migrate first.",
        )


def bring_up_to_date(config: Config) -> None:
    """Bring the tables to this version; of several processes at once one does it and the others wait."""
    from django.core.management import call_command

    from kangqu.kernel.cases.versions import remember_programmes
    from kangqu.site.belonging import refuse_strangers, remember
    from kangqu.site.migrating import migrate
    from kangqu.site.upkeep import prepare

    with _alone():
        _refuse_other_tables(older=False)
        if pending_migrations()[0]:
            migrate()
        call_command("createcachetable", verbosity=0)
        refuse_strangers(config.city, config.secrets)
        remember(config.city, config.secrets)
        prepare(system_clock())
        remember_programmes(system_clock())


@contextmanager
def _alone() -> Iterator[None]:
    import psycopg

    with psycopg.connect(os.environ["KANGQU_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
        yield
