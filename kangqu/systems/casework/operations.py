"""What casework serves, and to whom. Every post may ask; which cases it reaches the door and the programmes decide."""

from __future__ import annotations

from kangqu.kernel.access.operations import STAFF_ROLES, Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

READ = operation(
    "casework.read",
    "看待办和办件",
    "See work lists and cases",
    roles=STAFF_ROLES,
    reach=Reach.SUBTREE,
    scope="cases.read",
)
WRITE = operation(
    "casework.write", "办理办件", "Work on cases", roles=STAFF_ROLES, reach=Reach.SUBTREE, scope="cases.write"
)
OPEN = operation(
    "casework.open", "手工受理", "Open cases by hand", roles=STAFF_ROLES, reach=Reach.SUBTREE, scope="cases.write"
)
OWN = operation(
    "casework.own",
    "居民看自己的办件",
    "A resident's own cases",
    roles={Role.RESIDENT},
    reach=Reach.FAMILY,
    purpose=Purpose.SELF,
)
EVENTS = operation(
    "casework.events", "处理搁置的消息", "Deliver parked events", roles={Role.SYSTEM_ADMIN}, reach=Reach.CITY
)
