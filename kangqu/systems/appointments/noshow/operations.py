"""Who may appeal against a miss, and who decides."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

APPEAL: Final = operation(
    "appointments.appeal", "申诉爽约", "Appeal against a miss", roles={Role.RESIDENT}, reach=Reach.FAMILY, purpose=Purpose.SELF
)  # fmt: skip
DECIDE: Final = operation(
    "appointments.decide", "处理爽约申诉", "Decide appeals against misses", roles={Role.INSTITUTION_MANAGER},
    reach=Reach.SUBTREE, purpose=Purpose.SUPERVISION,
)  # fmt: skip
