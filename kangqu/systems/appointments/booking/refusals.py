"""What booking a clinic refuses, beside what the kernel does."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.basis.refusals import refusal

TOO_LATE_TO_CANCEL: Final = refusal(
    "appointment_too_late_to_cancel", "KQ-3520", zh="{until} 以后不能自己取消或改约，请打医院电话或到窗口办理。",
    en="It cannot be cancelled or moved by yourself after {until}: please call the hospital or go to its desk.", status=409,
)  # fmt: skip
NO_RIGHT: Final = refusal(
    "appointment_no_right", "KQ-3521", zh="您没有为这位家人预约的授权，请家人在“家人”里打开“预约”。",
    en="You were not given the right to book for them: ask them to switch it on under Family.", status=403,
)  # fmt: skip
NOT_A_CLINIC: Final = refusal(
    "appointment_not_a_clinic", "KQ-3522", zh="这个时段不是门诊，不能在这里预约。", en="This is not a clinic: it cannot be booked here.",
    status=404,
)  # fmt: skip
HELD_LONGER_ALREADY: Final = refusal(
    "appointment_held_longer_already",
    "KQ-3523",
    zh="占号只能延长一次。",
    en="A hold can be made longer once only.",
    status=409,
)
ROLE_CHANNEL: Final = refusal(
    "appointment_role_channel",
    "KQ-3524",
    zh="您的岗位不能用这个预约渠道。",
    en="Your post may not book on this channel.",
    status=403,
)
