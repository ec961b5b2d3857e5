"""The house's own clock-work: jobs of killed workers run again, the trace is sealed, partitions are made ahead."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from procrastinate import JobContext
from procrastinate.contrib.django import app

from kangqu.kernel.access.housekeeping import forget_old
from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.trace.partitions import STREAM_TABLES, ensure_partitions
from kangqu.kernel.trace.sealing import seal_finished

STALLED_SECONDS = 30.0


@app.periodic(cron="* * * * * */15")
@app.task(queue="house", name="house.retry_stalled", queueing_lock="house.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Put jobs back whose worker has not been heard of for half a minute: it was killed, or its machine is gone.

    They may have done part of their work: every task is written so that doing it twice does it once.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await manager.retry_job(job)


@app.periodic(cron="* * * * * */10")
@app.task(queue="house", name="house.seal_trace", queueing_lock="house.seal_trace")
def seal_trace(timestamp: int) -> None:
    """Seal what is final of the trace."""
    seal_finished(system_clock())


@app.periodic(cron="7 * * * *")
@app.task(queue="house", name="house.make_partitions", queueing_lock="house.make_partitions")
def make_partitions(timestamp: int) -> None:
    """Make the partitions of the days and months to come."""
    prepare_streams(system_clock())


@app.periodic(cron="37 3 * * *")
@app.task(queue="house", name="house.clear_sessions", queueing_lock="house.clear_sessions")
def clear_sessions(timestamp: int) -> None:
    """Forget sessions, keys, codes and tokens that are over."""
    now = system_clock()
    Session.objects.filter(expire_date__lt=now).delete()
    forget_old(now)


def prepare_streams(at: datetime) -> None:
    """Partitions of every stream, for the present and what comes next."""
    for table in STREAM_TABLES:
        ensure_partitions(table, around=at)
