"""Whether the demo's pharmacy works: off unless the demo turned it on; the operator turns it either way."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.models import HouseFact
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Stream

FACT: Final = "tcm.demo"


def is_on() -> bool:
    """Whether somebody turned it on."""
    return HouseFact.objects.filter(name=FACT, value="on").exists()


def is_demo() -> bool:
    """Whether this house ever was a demo: only then is there a switch to show."""
    return HouseFact.objects.filter(name=FACT).exists()


def turn(on: bool, *, by: Actor, at: datetime) -> None:
    """Turn the pharmacy on or off. Turning it to where it is changes nothing."""
    wanted = "on" if on else "off"
    with transaction.atomic():
        fact, fresh = HouseFact.objects.select_for_update().get_or_create(name=FACT, defaults={"value": wanted})
        if not fresh and fact.value == wanted:
            return
        HouseFact.objects.filter(name=FACT).update(value=wanted)
        record(by.did(f"tcm.demo.{wanted}", at=at, object_type="house", stream=Stream.SECURITY))


def turn_on_first(*, by: Actor, at: datetime) -> None:
    """Turn it on where nobody has said anything yet."""
    if not is_demo():
        turn(True, by=by, at=at)
