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
CONSORTIA_WRITE = operation(
    "administration.change_consortia",
    "维护联合体",
    "Change consortia",
    roles=_PLACE_ROLES,
    reach=Reach.SUBTREE,
    purpose=Purpose.SUPERVISION,
)
SERVED_WRITE = operation(
    "administration.served_divisions",
    "分派服务区域",
    "Assign served divisions",
    roles=_PLACE_ROLES,
    reach=Reach.SUBTREE,
    purpose=Purpose.SUPERVISION,
    step_up=True,
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

_STAFF_ROLES = {Role.SECURITY_ADMIN, Role.INSTITUTION_MANAGER}
STAFF_READ = operation(
    "administration.staff",
    "查看人员和角色",
    "See staff and roles",
    roles={*_STAFF_ROLES, Role.AUDIT_ADMIN},
    reach=Reach.SUBTREE,
)
STAFF_WRITE = operation(
    "administration.change_staff",
    "开户、给角色、收回",
    "Open accounts, give and take roles",
    roles=_STAFF_ROLES,
    reach=Reach.SUBTREE,
    step_up=True,
)
ROLES_READ = operation(
    "administration.roles",
    "角色权限表",
    "What each role may do",
    roles={*_PLACE_READERS, Role.SECURITY_ADMIN},
    reach=Reach.SUBTREE,
)
EMERGENCIES = operation(
    "administration.emergencies",
    "紧急查看审查",
    "Review emergency looks",
    roles={Role.SECURITY_ADMIN, Role.AUDIT_ADMIN},
    reach=Reach.SUBTREE,
    purpose=Purpose.AUDIT,
)
HOME = operation(
    "administration.home",
    "管理首页",
    "Administration",
    roles={*_PLACE_READERS, Role.SECURITY_ADMIN},
    reach=Reach.SUBTREE,
)
POLICIES_READ = operation(
    "administration.policies",
    "查看政策参数",
    "See policies",
    roles=_PLACE_READERS,
    reach=Reach.CITY,
    scope="policies.read",
)
POLICIES_WRITE = operation(
    "administration.change_policies",
    "提出、批准、撤回政策参数",
    "Propose, approve and withdraw policies",
    roles={Role.COMMISSION_OFFICER},
    reach=Reach.CITY,
    purpose=Purpose.SUPERVISION,
    scope="policies.write",
    step_up=True,
)
POLICIES_TRY = operation(
    "administration.try_policies",
    "试算政策参数",
    "Try policies on past cases",
    roles={Role.COMMISSION_OFFICER},
    reach=Reach.SUBTREE,
    purpose=Purpose.SUPERVISION,
    scope="policies.read",
)
