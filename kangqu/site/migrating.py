"""Bringing the tables to this version, so that whoever is killed meanwhile can do it again."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState


class WholeMigrations(MigrationExecutor):
    """Each migration and the record that it was done in one transaction.

    Django's own executor commits a migration that has foreign keys before it writes the record: killed between the two, the
    next try finds tables that exist already. A migration that can be in no transaction must be able to be run twice itself.
    """

    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        if not migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        with transaction.atomic(using=self.connection.alias):
            return super().apply_migration(state, migration, fake, fake_initial)


def migrate(targets: Sequence[tuple[str, str | None]] | None = None) -> None:
    """Run every migration that lacks, or those up to ``targets`` (app, migration)."""
    executor = WholeMigrations(connection)
    executor.loader.check_consistent_history(connection)
    emit_pre_migrate_signal(0, False, connection.alias)
    executor.migrate(list(targets or executor.loader.graph.leaf_nodes()))
    emit_post_migrate_signal(0, False, connection.alias)
