"""Background work of the register of residents."""

from __future__ import annotations

from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.people import rerun
from kangqu.kernel.people.importing import tasks as importing_tasks  # noqa: F401 - found by the queue with these
from kangqu.kernel.trace.actor import the_house


@app.periodic(cron="17 2 * * 0")
@app.task(queue="index", name="people.match_again", queueing_lock="people.match_again", lock="people.match_again")
def match_again(timestamp: int) -> None:
    """Every Sunday night, look for pairs of records nobody has seen yet; or finish last week's pass."""
    rerun.run(by=the_house("matcher"), at=system_clock())
