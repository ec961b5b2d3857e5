"""The clock's part of the cold chain: silent loggers, and opened vials whose time is over."""

from __future__ import annotations

from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.vaccination.cold_chain.watching import watch_silent
from kangqu.systems.vaccination.models import OpenVial
from kangqu.systems.vaccination.stock.actions import discard_over


@app.periodic(cron="*/10 * * * *")
@app.task(
    queue="capacity", name="vaccination.watch_fridges", queueing_lock="vaccination.watch_fridges", pass_context=False
)
def watch_fridges(timestamp: int) -> None:
    """Look for fridges that were not heard of in time."""
    watch_silent(by=the_house("vaccination"), at=system_clock())


@app.periodic(cron="5 16 * * *")  # five past midnight in the city
@app.task(
    queue="capacity", name="vaccination.discard_vials", queueing_lock="vaccination.discard_vials", pass_context=False
)
def discard_vials(timestamp: int) -> None:
    """Throw away what nobody threw away during the day: opened vials whose time is over."""
    at = system_clock()
    over = OpenVial.objects.filter(doses_left__gt=0, discard_at__lte=at)
    for place in sorted(set(over.values_list("institution_id", flat=True))):
        discard_over(institution_id=place, by=the_house("vaccination"), at=at)
