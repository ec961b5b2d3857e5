"""The clock's part of sharing scarce things."""

from __future__ import annotations

from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.capacity.clock import end_waiting, lapse, promote_all
from kangqu.kernel.trace.actor import the_house


@app.periodic(cron="* * * * *")
@app.task(queue="capacity", name="capacity.minute", queueing_lock="capacity.minute", pass_context=False)
def minute(timestamp: int) -> None:
    """End the holds whose time ran out, give to those who wait what opened to them, end the waiting for what is over."""
    by, at = the_house(), system_clock()
    lapse(by=by, at=at)
    promote_all(by=by, at=at)
    end_waiting(by=by, at=at)
