"""The queue's side of trials: one job a trial, and a sweep for those whose runner was killed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.policies import trying
from kangqu.kernel.policies.models import PolicyTrial

_SILENT: Final = timedelta(minutes=2)


def run_soon(trial_id: int) -> None:
    """Queue the running of a trial, in the transaction that asked for it."""
    with transaction.atomic():
        run_trial.configure(lock=f"trial {trial_id}").defer(trial_id=trial_id)


@app.task(queue="policies", name="policies.try")
def run_trial(trial_id: int) -> None:
    """Run a trial to its end."""
    trying.run(trial_id, system_clock)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="policies", name="policies.sweep", queueing_lock="policies.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Run what has been silent for minutes, and forget the results of trials of long ago."""
    now = system_clock()
    for number in PolicyTrial.objects.filter(state__in=trying.AT_WORK, changed_at__lt=now - _SILENT).values_list("pk"):
        run_soon(number[0])
    trying.forget(now - trying.KEPT)
