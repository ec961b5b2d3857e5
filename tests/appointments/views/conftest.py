"""A clinic day, as the day's tests have it."""

from tests.appointments.day.conftest import clinics, family, hall

__all__ = ["clinics", "family", "hall"]
