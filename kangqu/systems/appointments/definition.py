"""What the system is, who may use it, and for what."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.roles import Role

CODE: Final = "appointments"
TITLE: Final = "预约诊疗"
TITLE_EN: Final = "Appointments"

DOCTORS: Final = frozenset({Role.DOCTOR, Role.FAMILY_DOCTOR, Role.VILLAGE_DOCTOR, Role.MIDWIFE})
"""Who sees patients."""
DESKS: Final = DOCTORS | {Role.NURSE, Role.REGISTRAR}
"""Who helps people at a desk: books for them, checks them in."""
ROSTER_KEEPERS: Final = frozenset({Role.INSTITUTION_MANAGER, Role.REGISTRAR})
"""Who makes schedules and stops sessions."""
