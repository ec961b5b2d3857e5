"""What the population desk serves, and to whom."""

from __future__ import annotations

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

_CARERS = {Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR, Role.DOCTOR, Role.NURSE, Role.MIDWIFE}
_KEEPERS = {Role.REGISTRAR, Role.PUBLIC_HEALTH_WORKER, Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR}
DESK_ROLES = _CARERS | _KEEPERS | {Role.INDEX_KEEPER, Role.CDC_OFFICER, Role.HOME_MANAGER}

HOME = operation("population.home", "工作站", "Workstation", roles=DESK_ROLES | {Role.GATE_KEEPER}, reach=Reach.SUBTREE)
FIND = operation(
    "population.find", "查找居民", "Find residents", roles=_CARERS | _KEEPERS, reach=Reach.SERVED, purpose=Purpose.CARE
)
OPEN = operation(
    "population.open", "打开居民", "Open a resident", roles=_CARERS | _KEEPERS, reach=Reach.SERVED, purpose=Purpose.CARE
)
REGISTER = operation(
    "population.register",
    "居民建档",
    "Register residents",
    roles=_KEEPERS,
    reach=Reach.SERVED,
    purpose=Purpose.REGISTRATION,
)
CHANGE = operation(
    "population.change",
    "修改居民资料",
    "Change a resident's data",
    roles=_KEEPERS,
    reach=Reach.SERVED,
    purpose=Purpose.REGISTRATION,
)
REVEAL = operation(
    "population.reveal",
    "显示完整号码",
    "Show a number in clear",
    roles=_KEEPERS,
    reach=Reach.SERVED,
    purpose=Purpose.REGISTRATION,
    step_up=True,
)
EMERGENCY = operation(
    "population.emergency", "紧急查看", "Emergency look", roles=_CARERS, reach=Reach.CITY, purpose=Purpose.EMERGENCY
)
REVIEW = operation(
    "population.review",
    "核对疑似重复",
    "Review possible duplicates",
    roles={Role.INDEX_KEEPER},
    reach=Reach.CITY,
    purpose=Purpose.INDEX,
)
IMPORT = operation(
    "population.import",
    "导入居民名单",
    "Import lists of residents",
    roles={Role.REGISTRAR, Role.PUBLIC_HEALTH_WORKER, Role.INDEX_KEEPER},
    reach=Reach.INSTITUTION,
    purpose=Purpose.REGISTRATION,
)
