"""Whoever is killed while the tables change finds them as they were, or changed and recorded; never between."""

from __future__ import annotations

import pytest
from django.db import connection, migrations, models
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from kangqu.site.migrating import WholeMigrations

pytestmark = pytest.mark.django_db


class _Killed(BaseException):
    pass


class _Shelves(migrations.Migration):
    """Two tables, one with a foreign key: its constraint is made at the very end."""

    operations = (
        migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel(
            "Jar",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("shelf", models.ForeignKey("apothecary.Shelf", on_delete=models.CASCADE)),
            ],
        ),
    )


def _tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("apothecary_")}


def test_killed_before_the_record_is_written_leaves_no_table(monkeypatch):
    shelves, executor = _Shelves("0001_initial", "apothecary"), WholeMigrations(connection)

    def die(*_: object) -> None:
        assert _tables()  # the tables stand: this is the moment between the two
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(MigrationRecorder, "record_applied", die)
        with pytest.raises(_Killed):
            executor.apply_migration(ProjectState(), shelves)
    assert _tables() == set()
    executor.apply_migration(ProjectState(), shelves)
    assert _tables() == {"apothecary_shelf", "apothecary_jar"}
    assert ("apothecary", "0001_initial") in MigrationRecorder(connection).applied_migrations()
