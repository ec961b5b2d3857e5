"""What the system is, who may use it, and for what."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

CODE: Final = "vaccination"
TITLE: Final = "预防接种"
TITLE_EN: Final = "Vaccination"

VACCINATORS: Final = frozenset(
    {Role.DOCTOR, Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR, Role.NURSE, Role.MIDWIFE, Role.PUBLIC_HEALTH_WORKER}
)

DOCTORS: Final = frozenset({Role.DOCTOR, Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR})
"""Who may decide, in writing, where the schedules leave it to a doctor."""

FORECAST = operation(
    "vaccination.forecast",
    "推算应种疫苗",
    "Forecast vaccinations",
    roles=VACCINATORS | {Role.CDC_OFFICER, Role.SYSTEM},
    reach=Reach.CITY,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="vaccination.forecast",
)
"""Of nobody's data: a birth date and a history without identity go in, a forecast comes out, nothing is kept."""
