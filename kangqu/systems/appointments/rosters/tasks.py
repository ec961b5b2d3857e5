"""The nightly making of sessions."""

from __future__ import annotations

from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.rosters.keeping import generate_all


@app.periodic(cron="35 */4 * * *")
@app.task(queue="capacity", name="appointments.generate", queueing_lock="appointments.generate", pass_context=False)
def make_sessions(timestamp: int) -> None:
    """Make the sessions of the days that have come into reach. Repeating it changes nothing."""
    generate_all(by=the_house(), at=system_clock())
