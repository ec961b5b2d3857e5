"""What the system is, who may use it, and for what."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

CODE: Final = "certificates"
TITLE: Final = "证明核验"
TITLE_EN: Final = "Certificates"

KEYS = operation("certificates.keys", "证明公钥", "Public keys of certificates", reach=Reach.PUBLIC)
LIST = operation("certificates.list", "证明撤销名单", "Revoked certificates", reach=Reach.PUBLIC)
VERIFY = operation("certificates.verify", "核验证明", "Verify a certificate", reach=Reach.PUBLIC)
OWN = operation(
    "certificates.own",
    "出示证明",
    "Show a certificate",
    roles={Role.RESIDENT},
    reach=Reach.FAMILY,
    purpose=Purpose.SELF,
)
