"""Finding other times for the people of a stopped session."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.capacity.stopping import rebook
from kangqu.kernel.trace.actor import the_house


@app.task(queue="capacity", name="appointments.rebook", retry=RetryStrategy(max_attempts=20, wait=30))
def rebook_session(session_id: int) -> None:
    """Move everybody, one transaction each. Called again, it goes on where it stopped."""
    rebook(session_id, by=the_house("appointments"), at=system_clock())
