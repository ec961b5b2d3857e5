"""Who may look at the figures."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.systems.appointments.definition import ROSTER_KEEPERS

FIGURES: Final = operation(
    "appointments.figures", "门诊运行", "How clinics are used", roles=ROSTER_KEEPERS | {Role.SYSTEM}, reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION, scope="appointments.read",
)  # fmt: skip
CITY_FIGURES: Final = operation(
    "appointments.city_figures", "全市门诊运行", "How the city's clinics are used", roles=frozenset({Role.COMMISSION_OFFICER}),
    reach=Reach.CITY, purpose=Purpose.SUPERVISION,
)  # fmt: skip
"""Figures only: a list of people stays with the institution they came to."""
HOARDING: Final = operation(
    "appointments.hoarding", "疑似抢号", "Accounts that ask too often", roles=frozenset({Role.COMMISSION_OFFICER}), reach=Reach.CITY,
    purpose=Purpose.SUPERVISION,
)  # fmt: skip
