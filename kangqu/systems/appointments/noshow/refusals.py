"""What not coming leads to, and what an appeal refuses."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.basis.refusals import refusal

BANNED: Final = refusal(
    "appointment_banned", "KQ-3530", zh="因爽约 {count} 次，到 {until} 为止不能在网上预约；急诊、现场挂号不受影响，有异议可在“我的预约”申诉。",
    en="Missed {count} times: no booking online until {until}. Emergency and the desk are open to you; you may appeal under My appointments.",
    status=409,
)  # fmt: skip
NOT_A_MISS: Final = refusal(
    "appointment_not_a_miss",
    "KQ-3531",
    zh="这个预约没有记爽约。",
    en="This appointment was not noted as missed.",
    status=409,
)
APPEALED: Final = refusal(
    "appointment_appealed",
    "KQ-3532",
    zh="已经申诉过，请等医院答复。",
    en="It was appealed against already.",
    status=409,
)
APPEAL_LATE: Final = refusal(
    "appointment_appeal_late", "KQ-3533", zh="已超过 {days} 天，不能再申诉。", en="More than {days} days ago: it cannot be appealed against any more.",
    status=409,
)  # fmt: skip
DECIDED: Final = refusal(
    "appointment_appeal_decided",
    "KQ-3534",
    zh="这个申诉已有人处理。",
    en="This appeal has been decided already.",
    status=409,
)
