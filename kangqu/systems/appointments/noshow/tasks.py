"""The clock's part of not coming."""

from __future__ import annotations

from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.noshow.marking import mark_missed


@app.periodic(cron="20 17 * * *")  # 01:20 in the city
@app.task(
    queue="capacity", name="appointments.mark_missed", queueing_lock="appointments.mark_missed", pass_context=False
)
def mark_missed_of_yesterday(timestamp: int) -> None:
    """Note who did not come."""
    mark_missed(by=the_house("appointments"), at=system_clock())
