"""The queue's side of imports: one job an import, and a sweep for those whose runner was killed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import city_day, system_clock
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing import actions
from kangqu.kernel.people.importing.limits import kept_for
from kangqu.kernel.people.importing.models import AT_WORK, ResidentImport
from kangqu.kernel.people.importing.refusals import UNDER_WAY
from kangqu.kernel.people.importing.running import run
from kangqu.kernel.trace.actor import Actor

_SILENT: Final = timedelta(minutes=2)


def run_soon(job: ResidentImport) -> None:
    """Queue the running of an import, in the transaction of what calls for it (start, confirm, resume, undo)."""
    with transaction.atomic():
        run_import.configure(lock=f"import {job.pk}").defer(import_id=job.pk)


@app.task(queue="imports", name="people.import.run")
def run_import(import_id: int) -> None:
    """Take an import as far as it goes; one that somebody else is running is left to him."""
    job = ResidentImport.objects.get(pk=import_id)
    by = Actor(job.account_id, role=job.role, institution_id=job.institution_id, purpose=job.purpose)
    try:
        run(import_id, by=by, clock=system_clock)
    except Refused as refused:
        if refused.why is not UNDER_WAY:
            raise


@app.periodic(cron="*/5 * * * *")
@app.task(queue="imports", name="people.import.sweep", queueing_lock="people.import.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Run what has been silent for minutes (its runner was killed), and forget what came to rest a week ago."""
    now = system_clock()
    for job in ResidentImport.objects.filter(state__in=AT_WORK, changed_at__lt=now - _SILENT):
        run_soon(job)
    actions.forget(before=now - kept_for(city_day(now)))
