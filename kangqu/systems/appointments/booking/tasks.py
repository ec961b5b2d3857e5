"""The clock's part of booking: telling what is to be told, reminding of tomorrow."""

from __future__ import annotations

from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.appointments.booking.drawing import draw_due
from kangqu.systems.appointments.booking.telling import remind, tell


@app.periodic(cron="* * * * *")
@app.task(queue="notices", name="appointments.tell", queueing_lock="appointments.tell", pass_context=False)
def tell_what_is_new(timestamp: int) -> None:
    """Write the messages of what became of bookings."""
    tell(at=system_clock())


@app.periodic(cron="*/10 * * * *")
@app.task(queue="notices", name="appointments.remind", queueing_lock="appointments.remind", pass_context=False)
def remind_of_tomorrow(timestamp: int) -> None:
    """From the evening on: write down whom to remind of tomorrow. Those who book later still are reminded too, once."""
    remind(at=system_clock())


@app.periodic(cron="* * * * *")
@app.task(queue="capacity", name="appointments.draw", queueing_lock="appointments.draw", pass_context=False)
def draw_what_has_closed(timestamp: int) -> None:
    """Draw the draws whose entering has ended."""
    draw_due(by=the_house("appointments"), at=system_clock())
