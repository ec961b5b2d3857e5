"""The house's own clock-work: jobs of killed workers run again, the trace is sealed, the house is kept."""

from __future__ import annotations

import random

from procrastinate import JobContext
from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.cases.deadlines import act_on_deadlines
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.versions import carry_over
from kangqu.kernel.policies import tasks as policy_tasks  # noqa: F401 - found by the queue with these
from kangqu.kernel.trace.sealing import seal_finished
from kangqu.site.upkeep import forget, prepare
from kangqu.systems.tcm_pharmacy.demo.player import play
from kangqu.systems.tcm_pharmacy.promises.keeping import look_after_promises as look_after
from kangqu.systems.tcm_pharmacy.promises.telling import tell_of_promises
from kangqu.systems.tcm_pharmacy.supervising.keeping import keep_days

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


@app.periodic(cron="* * * * * */5")
@app.task(queue="cases", name="cases.clock", queueing_lock="cases.clock")
def act_by_the_clock(timestamp: int) -> None:
    """Act on the cases whose clock has struck, and carry over those of older programmes."""
    at = system_clock()
    act_on_deadlines(at)
    carry_over(at)


@app.periodic(cron="* * * * * */2")
@app.task(queue="cases", name="cases.deliver", queueing_lock="cases.deliver")
def deliver_events(timestamp: int) -> None:
    """Deliver what cases told to those who listen, until nothing waits."""
    while deliver_due(system_clock()):
        pass


@app.periodic(cron="* * * * * */10")
@app.task(queue="cases", name="tcm.promises", queueing_lock="tcm.promises")
def look_after_promises(timestamp: int) -> None:
    """Plan the decoction centres anew, once a minute and when a pot failed or was mended: promise what was left over, mark the
    promises that will not be kept, and tell of them."""
    at = system_clock()
    look_after(at)
    tell_of_promises(at)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="house", name="tcm.days", queueing_lock="tcm.days", lock="tcm.days")
def keep_figures_of_days(timestamp: int) -> None:
    """Keep the figures of the pharmacies' days that are over."""
    keep_days(system_clock())


@app.periodic(cron="* * * * * */10")
@app.task(queue="demo", name="demo.pharmacy", queueing_lock="demo.pharmacy", lock="demo.pharmacy")
def play_the_pharmacy(timestamp: int) -> None:
    """Let a moment pass in the demo's pharmacy, where its switch is on."""
    play(system_clock(), random.SystemRandom())


@app.periodic(cron="7 * * * *")
@app.task(queue="house", name="house.prepare", queueing_lock="house.prepare")
def prepare_ahead(timestamp: int) -> None:
    """Make the partitions and keys of the time to come."""
    prepare(system_clock())


@app.periodic(cron="37 3 * * *")
@app.task(queue="house", name="house.forget", queueing_lock="house.forget")
def forget_over(timestamp: int) -> None:
    """Forget sessions, keys, codes, uses and tokens that are over."""
    forget(system_clock())
