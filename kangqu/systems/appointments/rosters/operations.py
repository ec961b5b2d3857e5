"""What keepers of rosters, and hospitals' own systems, may do with them."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.systems.appointments.definition import DESKS, ROSTER_KEEPERS

KEEP: Final = operation(
    "appointments.rosters", "排班", "Keep rosters", roles=ROSTER_KEEPERS | {Role.SYSTEM}, reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION, scope="appointments.rosters",
)  # fmt: skip
SEE: Final = operation(
    "appointments.schedules", "查看排班", "See rosters", roles=ROSTER_KEEPERS | DESKS | {Role.SYSTEM}, reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION, scope="appointments.read",
)  # fmt: skip
