"""What the administration serves, and to whom. System, security and audit administrators are three different people."""

from __future__ import annotations

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

_PLACE_ROLES = {Role.SYSTEM_ADMIN, Role.INSTITUTION_MANAGER}
_PLACE_READERS = {*_PLACE_ROLES, Role.COMMISSION_OFFICER, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.INSPECTOR}

PLACES_READ = operation(
    "administration.places",
    "查看机构",
    "See institutions",
    roles=_PLACE_READERS,
    reach=Reach.SUBTREE,
    purpose=Purpose.SUPERVISION,
)
PLACES_WRITE = operation(
    "administration.change_places",
    "维护机构",
    "Change institutions",
    roles=_PLACE_ROLES,
    reach=Reach.SUBTREE,
    purpose=Purpose.SUPERVISION,
)
DEVICES_WRITE = operation(
    "administration.devices",
    "登记设备",
    "Register devices",
    roles=_PLACE_ROLES,
    reach=Reach.SUBTREE,
    purpose=Purpose.SUPERVISION,
    step_up=True,
)
TRACE_READ = operation(
    "administration.trace",
    "审计查询",
    "Search the trace",
    roles={Role.AUDIT_ADMIN},
    reach=Reach.SUBTREE,
    purpose=Purpose.AUDIT,
)
