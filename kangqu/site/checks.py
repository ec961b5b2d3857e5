"""What must hold of the house itself on live data."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from kangqu.kernel.basis.checks import Finding, check
from kangqu.site.start import pending_migrations


@check("house.migrations", "The tables are those of this version.")
def check_migrations() -> Iterator[Finding]:
    lacking, unknown = pending_migrations()
    for name in lacking:
        yield Finding(name, "the migration has not been applied")
    for name in unknown:
        yield Finding(name, "the migration is not known to this version")


@check("house.jobs", "No background job has failed for good.")
def check_jobs() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, task_name, attempts FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id")
        for number, task, attempts in cursor.fetchall():
            yield Finding(f"job {number}", f"{task} failed after {attempts} attempts")
