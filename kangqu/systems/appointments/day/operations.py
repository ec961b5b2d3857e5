"""What staff, residents and connected systems may do on the clinic day."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.systems.appointments.definition import DESKS, DOCTORS

CALL: Final = operation(
    "appointments.call_patients", "叫号", "Call patients", roles=DOCTORS, reach=Reach.INSTITUTION, purpose=Purpose.CARE
)
DAY: Final = operation(
    "appointments.day",
    "门诊日清单",
    "The day's list of a clinic",
    roles=DESKS,
    reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION,
)
KIOSK: Final = operation(
    "appointments.kiosk", "自助报到", "Check in at a kiosk", roles=DESKS | {Role.GATE_KEEPER}, reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION,
)  # fmt: skip
BOARD: Final = operation(
    "appointments.board", "叫号屏", "Calling board", roles=DESKS | {Role.GATE_KEEPER, Role.INSTITUTION_MANAGER},
    reach=Reach.INSTITUTION, purpose=Purpose.REGISTRATION,
)  # fmt: skip
QUEUE: Final = operation(
    "appointments.queue",
    "我的排队",
    "My place in the queue",
    roles={Role.RESIDENT},
    reach=Reach.FAMILY,
    purpose=Purpose.SELF,
)
CARE: Final = operation(
    "appointments.care",
    "首诊责任",
    "First-contact responsibility",
    roles=DOCTORS,
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
)
ENCOUNTERS: Final = operation(
    "appointments.encounters", "门诊就诊接口", "Encounters by API", roles={Role.SYSTEM}, reach=Reach.SUBTREE, purpose=Purpose.CARE,
    scope="appointments.encounters",
)  # fmt: skip
