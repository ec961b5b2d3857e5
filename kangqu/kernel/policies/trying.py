"""Asking for a trial, running it in the background, stopping it (docs/algorithms/policies.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.clock import Clock, city_day, day_ends, day_starts
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.policies import refusals as no
from kangqu.kernel.policies.catalogue import definition_of
from kangqu.kernel.policies.counting import count, counts_of
from kangqu.kernel.policies.models import PolicyTrial, TrialState
from kangqu.kernel.policies.trials import BATCH, Span, trial_of
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

LONGEST: Final = 366
AT_ONCE: Final = 3
KEPT: Final = timedelta(days=90)
"""How long the result of a trial is kept."""
AT_WORK: Final = (TrialState.WAITING, TrialState.RUNNING)
_LARGEST: Final = 2**63 - 1


def ask(
    policy: str, value: Any, since: date, until: date, *, paths: Sequence[str], by: Actor, at: datetime
) -> PolicyTrial:
    """Ask what ``value`` would have changed on the days from ``since`` to ``until`` below ``paths``. Nothing is changed by it."""
    trial_of(policy)
    value = definition_of(policy).accepted(value)
    if not since <= until <= city_day(at) or (until - since).days >= LONGEST:
        raise Refused(no.TRIAL_RANGE, field="until", most=LONGEST)
    if by.account_id is None or not paths:
        raise Refused(NOT_FOUND)
    with transaction.atomic():
        if PolicyTrial.objects.filter(asked_by=by.account_id, state__in=AT_WORK).count() >= AT_ONCE:
            raise Refused(no.TRIALS_AT_ONCE, most=AT_ONCE)
        made = PolicyTrial(
            policy=policy, value=value, since=since, until=until, paths=list(paths), asked_by=by.account_id, asked_at=at,
            changed_at=at,
        )  # fmt: skip
        made.save(force_insert=True)
        facts = {"policy": policy, "value": str(value), "since": str(since), "until": str(until)}
        record(by.did("policies.try", at=at, object_type="policy_trial", object_id=made.pk, facts=facts))
    return made


def stop(trial_id: int, *, by: Actor, at: datetime) -> None:
    """Let a trial rest where it is; what it counted so far stays."""
    with transaction.atomic():
        rows = PolicyTrial.objects.filter(pk=trial_id, state__in=AT_WORK)
        if rows.update(state=TrialState.STOPPED, changed_at=at) == 0:
            raise Refused(no.TRIAL_OVER)
        record(by.did("policies.try_stop", at=at, object_type="policy_trial", object_id=trial_id))


def run(trial_id: int, clock: Clock, *, batch: int = BATCH) -> None:
    """Take a trial to its end, batch by batch; from where it was left, if its runner was killed."""
    while advance(trial_id, clock, batch=batch):
        pass


def advance(trial_id: int, clock: Clock, *, batch: int = BATCH) -> bool:
    """One batch; whether there is more. The UPDATE names the batch it follows: of two runners one goes on."""
    row = PolicyTrial.objects.filter(pk=trial_id, state__in=AT_WORK).first()
    if row is None:
        return False
    trial, book = trial_of(row.policy), definition_of(row.policy).book
    span = Span(day_starts(row.since), day_ends(row.until), tuple(row.paths))
    read = trial.read(span, row.place, batch)
    counts = count(counts_of(row.found), read.cases, trial, row.value, lambda day: book.value(row.policy, on=day))
    state = TrialState.RUNNING if read.place is not None else TrialState.DONE
    mine = PolicyTrial.objects.filter(pk=row.pk, batches=row.batches, state__in=AT_WORK)
    changed = {"state": state, "place": read.place or [], "found": counts.stored(), "changed_at": clock()}
    return bool(mine.update(batches=row.batches + 1, **changed)) and read.place is not None


def trial_row(trial_id: int, account_id: int) -> PolicyTrial:
    """A trial of one's own: what it counted lies within the post it was asked from. Another's answers as none."""
    found = PolicyTrial.objects.filter(pk=trial_id, asked_by=account_id).first() if 0 < trial_id <= _LARGEST else None
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def forget(before: datetime) -> int:
    """Drop the results of trials that came to rest before ``before``."""
    return PolicyTrial.objects.filter(changed_at__lt=before).exclude(state__in=AT_WORK).delete()[0]
