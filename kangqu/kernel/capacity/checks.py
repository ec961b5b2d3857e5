"""What holds among seats and bookings, on live data (``kangqu check``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from kangqu.kernel.basis.checks import Finding, check


def _rows(sql: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(500):
            yield from rows


@check("capacity.seats", "Every seat that is taken is taken by a booking of its slot and session that has a seat.")
def check_seats() -> Iterator[Finding]:
    sql = (
        "SELECT s.id, s.booking_id FROM capacity_seat s LEFT JOIN capacity_booking b ON b.person_id = s.person_id"
        " AND b.id = s.booking_id AND b.slot_id = s.slot_id AND b.session_id = s.session_id"
        " AND (b.status IN ('proposed', 'booked', 'arrived', 'fulfilled', 'noshow'))"
        " WHERE s.booking_id IS NOT NULL AND b.id IS NULL"
    )
    for seat, booking in _rows(sql):
        yield Finding(f"capacity_seat id={seat}", f"says booking {booking}")


@check("capacity.bookings", "Every booking that has a seat is named by exactly that seat.")
def check_bookings() -> Iterator[Finding]:
    sql = (
        "SELECT b.id, b.status FROM capacity_booking b LEFT JOIN capacity_seat s ON s.booking_id = b.id"
        " WHERE b.status IN ('proposed', 'booked', 'arrived') AND s.id IS NULL"
    )
    for booking, status in _rows(sql):
        yield Finding(f"capacity_booking id={booking}", f"is {status} without a seat")


@check("capacity.holds", "A seat is held exactly as long as its booking is a hold.")
def check_holds() -> Iterator[Finding]:
    sql = (
        "SELECT s.id, b.status FROM capacity_seat s JOIN capacity_booking b ON b.person_id = s.person_id AND b.id = s.booking_id"
        " WHERE (s.held_until IS NOT NULL) <> (b.status = 'proposed') OR s.held_until <> b.held_until"
    )
    for seat, status in _rows(sql):
        yield Finding(f"capacity_seat id={seat}", f"held otherwise than its booking, which is {status}")
