"""Background jobs that failed for good: what they were, and what the operator does about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction

from kangqu.kernel.basis.refusals import Refused, refusal
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Stream

JOB_GONE = refusal(
    "job_gone",
    "KQ-2201",
    zh="这个任务不在失败的任务里：也许已经重做或放弃了。",
    en="This job is not among the failed ones: perhaps it was retried or dropped.",
    status=409,
)
JOB_WAITS = refusal(
    "job_waits",
    "KQ-2202",
    zh="同样的任务已经在等，不必重做；可以放弃这一个。",
    en="The same job is waiting already and need not be retried; this one can be dropped.",
    status=409,
)
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job nobody will try again unless somebody says so. Its arguments are not shown: they may be about a person."""

    number: int
    task: str
    attempts: int
    failed_at: datetime | None


def failed_jobs() -> list[FailedJob]:
    """The latest failed jobs, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id, j.task_name, j.attempts, (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)"
            " FROM procrastinate_jobs j WHERE j.status IN ('failed', 'aborted') ORDER BY j.id DESC LIMIT %s",
            [_MOST],
        )
        return [FailedJob(*row) for row in cursor.fetchall()]


def retry_job(number: int, *, by: Actor, at: datetime) -> None:
    """Put a failed job back into the queue, to be done at once. Every task may be done twice without harm."""
    with transaction.atomic(), connection.cursor() as cursor:
        task = _locked(number)
        try:
            with transaction.atomic():
                cursor.execute(
                    "UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, scheduled_at = %s,"
                    " abort_requested = false WHERE id = %s",
                    [at, number],
                )
        except IntegrityError:  # its queueing lock: one like it waits
            raise Refused(JOB_WAITS) from None
        _told("job.retry", number, task, by, at)


def forget_job(number: int, *, by: Actor, at: datetime) -> None:
    """Drop a failed job: it will not be done."""
    with transaction.atomic(), connection.cursor() as cursor:
        task = _locked(number)
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [number])
        _told("job.forget", number, task, by, at)


def _locked(number: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name FROM procrastinate_jobs WHERE id = %s AND status IN ('failed', 'aborted') FOR UPDATE",
            [number],
        )
        row = cursor.fetchone()
    if row is None:
        raise Refused(JOB_GONE)
    return str(row[0])


def _told(action: str, number: int, task: str, by: Actor, at: datetime) -> None:
    facts = {"task": task}
    record(by.did(action, at=at, object_type="job", object_id=number, facts=facts, stream=Stream.SECURITY))
