"""The queue's side of trials: one job a trial, and a sweep for those whose runner was killed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.policies import trying
from kangqu.kernel.policies.models import PolicyTrial
from kangqu.kernel.trace.actor import Actor

_SILENT: Final = timedelta(minutes=2)


def run_soon(trial_id: int) -> None:
    """Queue the running of a trial, in the transaction that asked for it."""
    with transaction.atomic():
        run_trial.configure(lock=f"trial {trial_id}").defer(trial_id=trial_id)


def ask_and_run(
    policy: str, value: Any, since: date, until: date, *, paths: Sequence[str], by: Actor, at: datetime
) -> PolicyTrial:
    """Ask for a trial (``trying.ask``) that a worker runs as soon as it is committed."""
    with transaction.atomic():
        made = trying.ask(policy, value, since, until, paths=paths, by=by, at=at)
        run_soon(made.pk)
    return made


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
