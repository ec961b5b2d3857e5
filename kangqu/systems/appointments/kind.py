"""Clinics as a kind of scarce thing; whoever has to know what becomes of a booking is asked in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kangqu.kernel.capacity.kinds import Change, Kind, Listener, declare
from kangqu.systems.appointments.definition import TITLE, TITLE_EN

_LISTENERS: Final[list[Listener]] = []


def hear(listener: Listener) -> Listener:
    """Have ``listener`` called with every change of a clinic's bookings, in the transaction of the change, in the order declared."""
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)
    return listener


def _tell(changes: Sequence[Change]) -> None:
    for listener in _LISTENERS:
        listener(changes)


APPOINTMENT: Final = declare(Kind("appointment", TITLE, TITLE_EN, _tell))
