"""Workers that are killed at a chosen line: one takes steps, one looks at the clock, one delivers."""

from __future__ import annotations

import sys
from datetime import timedelta

import django
from django.db.models import Sum

if __name__ == "__main__":
    django.setup()

from kangqu.kernel.cases.deadlines import act_on_deadlines
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.listening import Heard, listen
from kangqu.kernel.cases.models import Alert, Case, Event
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.actor import Actor, the_house
from tests.cases import programmes as programmes
from tests.conftest import NINE

LATE = NINE + timedelta(hours=1)


def hear(event: Heard) -> None:
    """What a listener makes of an event: a case of its own, keyed by the event."""
    open_case(
        "test_lamp",
        key=f"heard-{event.id}",
        institution_id=event.institution_id,
        by=the_house("listener"),
        at=NINE + timedelta(days=9),
    )


def hear_everything() -> None:
    listen("test.lamp.seen", "tests.dying", hear)
    listen("test.lamp.mended", "tests.dying", hear)


def take_a_step() -> None:
    """Look at a lamp or mend it, whoever else does."""
    waiting = Case.objects.filter(key__startswith="lamp-", closed_at=None).order_by("-state", "pk")
    for case in waiting[:1]:
        by = Actor(account_id=case.facts["nurse"], role="nurse", institution_id=case.institution_id)
        take_step(case.pk, "look" if case.state == "reported" else "mend", by=by, at=LATE)


def look_at_the_clock() -> None:
    act_on_deadlines(LATE, 1)


def deliver() -> None:
    """Deliver one event; each time it is later, so that what the dead had claimed comes again."""
    tries = Event.objects.aggregate(tries=Sum("attempts"))["tries"] or 0
    deliver_due(LATE + timedelta(hours=tries), 1)


WORKS = {"step": take_a_step, "clock": look_at_the_clock, "deliver": deliver}


def done() -> tuple[int, int, int]:
    """How much of each work is done."""
    mended = Case.objects.filter(key__startswith="lamp-", state="mended").count()
    return mended, Alert.objects.count(), Event.objects.filter(state="done").count()


if __name__ == "__main__":
    from tests.mortal import bear

    hear_everything()
    bear(WORKS)
    sys.exit(0)
