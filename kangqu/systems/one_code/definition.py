"""What the system is, who may use it, and for what."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

CODE: Final = "one_code"
TITLE: Final = "健康一卡（码）通"
TITLE_EN: Final = "One card, one code"

DESK_ROLES: Final = frozenset(
    {
        Role.VILLAGE_DOCTOR,
        Role.FAMILY_DOCTOR,
        Role.DOCTOR,
        Role.NURSE,
        Role.MIDWIFE,
        Role.PHARMACIST,
        Role.PUBLIC_HEALTH_WORKER,
        Role.REGISTRAR,
        Role.HOME_MANAGER,
    }
)
"""Those who look after the resident: they are shown the whole name."""

SCAN = operation(
    "codes.scan",
    "扫码核验",
    "Verify a scanned code",
    roles=DESK_ROLES | {Role.GATE_KEEPER, Role.DEVICE, Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
    scope="codes.verify",
)
DESK = operation(
    "codes.desk",
    "扫码台",
    "Scan at a desk",
    roles=DESK_ROLES | {Role.GATE_KEEPER},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
)
KEYS = operation("codes.keys", "验码公钥", "Public keys of codes", reach=Reach.PUBLIC)
REVOCATIONS = operation(
    "codes.revocations",
    "作废的卡",
    "Revoked cards",
    roles=DESK_ROLES | {Role.GATE_KEEPER, Role.DEVICE, Role.SYSTEM},
    reach=Reach.CITY,
    purpose=Purpose.CARE,
    scope="codes.verify",
)
