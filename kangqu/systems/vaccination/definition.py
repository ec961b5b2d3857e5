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
GIVE = operation(
    "vaccination.give",
    "接种登记",
    "Record doses",
    roles=VACCINATORS | {Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="vaccination.write",
)
STRIKE = operation(
    "vaccination.strike",
    "作废接种记录",
    "Strike out a dose",
    roles=VACCINATORS | {Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="vaccination.write",
)
DOSES = operation(
    "vaccination.doses",
    "查看接种记录",
    "A resident's doses",
    roles=frozenset({Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR, Role.NURSE, Role.PUBLIC_HEALTH_WORKER, Role.CDC_OFFICER}),
    reach=Reach.SERVED,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="vaccination.read",
)
CLINIC = operation(
    "vaccination.clinic",
    "接种门诊",
    "Vaccination clinic",
    roles=VACCINATORS,
    reach=Reach.SERVED,
    purpose=Purpose.CARE,
)
STORE = operation(
    "vaccination.store",
    "疫苗库存",
    "Vaccine store",
    roles=VACCINATORS,
    reach=Reach.INSTITUTION,
    purpose=Purpose.PUBLIC_HEALTH,
)
OWN_CARD = operation(
    "vaccination.own_card",
    "我的接种卡",
    "My vaccination card",
    roles=frozenset({Role.RESIDENT}),
    reach=Reach.FAMILY,
    purpose=Purpose.SELF,
)
ADVERSE = operation(
    "vaccination.adverse",
    "登记疑似异常反应",
    "Write down an adverse event",
    roles=VACCINATORS | {Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="vaccination.write",
)
COVERAGE = operation(
    "vaccination.coverage",
    "接种率",
    "Coverage",
    roles=frozenset({Role.CDC_OFFICER, Role.PUBLIC_HEALTH_WORKER}),
    reach=Reach.SERVED,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="vaccination.read",
)
FRIDGES = operation(
    "vaccination.fridges",
    "疫苗冰箱",
    "Vaccine fridges",
    roles=VACCINATORS,
    reach=Reach.INSTITUTION,
    purpose=Purpose.PUBLIC_HEALTH,
)
READINGS = operation(
    "vaccination.readings",
    "上报冰箱温度",
    "Report fridge temperatures",
    roles=VACCINATORS | {Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="vaccination.write",
)
EXCURSIONS = operation(
    "vaccination.excursions",
    "冷链异常",
    "Cold chain excursions",
    roles=VACCINATORS | {Role.CDC_OFFICER},
    reach=Reach.SERVED,
    purpose=Purpose.PUBLIC_HEALTH,
)
LOTS = operation(
    "vaccination.lots",
    "疫苗批号",
    "Lots of vaccine",
    roles=frozenset({Role.CDC_OFFICER}),
    reach=Reach.CITY,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="vaccination.write",
)
TARGETS = operation(
    "vaccination.targets",
    "登记目标人数",
    "Give target numbers",
    roles=frozenset({Role.CDC_OFFICER, Role.PUBLIC_HEALTH_WORKER}),
    reach=Reach.SERVED,
    purpose=Purpose.PUBLIC_HEALTH,
)
"""Numbers from outside (a census, a school roll) that coverage is counted over."""
