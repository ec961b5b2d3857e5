"""Tries that may be missed only so often: passwords, one-time codes, proofs of a name.

A try is counted before it is judged and forgotten when it succeeds, so that a hundred tries at once are a hundred
tries. What is counted is a blind index, for names that exist and names that do not alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from kangqu.kernel.access import policy
from kangqu.kernel.access.events import note_lock
from kangqu.kernel.access.models import Attempts
from kangqu.kernel.basis.refusals import TOO_MANY, Refused
from kangqu.kernel.basis.sealing import blind
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream

_LONGEST_LOCK: Final = timedelta(hours=24)
_LOCKS_FORGOTTEN: Final = timedelta(hours=24)


def take_attempt(kind: str, subject: str, *, by: Actor, at: datetime, allowed: int | None = None) -> None:
    """Count a try of ``subject``; ``Refused(TOO_MANY)`` while it is locked, and from the one after the last allowed.

    ``allowed`` misses within the policy's window lock it; every further lock lasts twice as long, up to a day.
    Committed at once: it must be called outside a transaction that a refusal would undo.
    """
    index = _index(kind, subject)
    allowed = allowed or policy.number("lock.failures", at)
    with transaction.atomic():
        row = _locked_row(kind, index, at)
        refused_for: timedelta | None
        if row.locked_until is not None and at < row.locked_until:
            refused_for = row.locked_until - at
        else:
            refused_for = _counted(row, allowed, at)
            if refused_for is not None:
                _tell(kind, row, by, at)
                note_lock(kind, subject, by=by, at=at)
    if refused_for is not None:
        raise Refused(TOO_MANY, seconds=max(1, int(refused_for.total_seconds())))


def _locked_row(kind: str, index: bytes, at: datetime) -> Attempts:
    """The row that counts, locked. One that a success deleted between our insert and our lock is made again."""
    while True:
        Attempts.objects.bulk_create([Attempts(kind=kind, subject=index, first_at=at)], ignore_conflicts=True)
        row = Attempts.objects.select_for_update().filter(kind=kind, subject=index).first()
        if row is not None:
            return row


def _counted(row: Attempts, allowed: int, at: datetime) -> timedelta | None:
    """Count one try in ``row``; how long it is now locked, or None."""
    if row.locked_until is not None or at - row.first_at > policy.minutes("lock.window_minutes", at):
        if at - (row.locked_until or row.first_at) > _LOCKS_FORGOTTEN:
            row.locks = 0
        row.misses, row.first_at, row.locked_until = 0, at, None
    row.misses += 1
    locked = None
    if row.misses > allowed:
        locked = min(policy.minutes("lock.minutes", at) * 2 ** min(row.locks, 10), _LONGEST_LOCK)
        row.locks, row.locked_until = row.locks + 1, at + locked
    row.save()
    return locked


def _tell(kind: str, row: Attempts, by: Actor, at: datetime) -> None:
    facts = {"kind": kind, "subject": bytes(row.subject).hex(), "locks": row.locks}
    record(by.did("attempts.lock", at=at, facts=facts, result=Result.REFUSED, stream=Stream.SECURITY))


def forget_attempts(kind: str, subject: str) -> None:
    """It succeeded: earlier misses no longer count."""
    Attempts.objects.filter(kind=kind, subject=_index(kind, subject)).delete()


def locked_until(kind: str, subject: str, *, at: datetime) -> datetime | None:
    """When a subject may be tried again, or None when it may be now."""
    row = Attempts.objects.filter(kind=kind, subject=_index(kind, subject)).first()
    return row.locked_until if row is not None and row.locked_until is not None and row.locked_until > at else None


def _index(kind: str, subject: str) -> bytes:
    return blind(subject.encode("utf-8", "replace").decode(), f"access.attempt.{kind}")
