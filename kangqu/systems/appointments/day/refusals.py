"""What the clinic day refuses, each with what to do instead."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.basis.refusals import refusal

NO_BOOKING: Final = refusal(
    "visit_no_booking", "KQ-3560", zh="今天在这里没有预约，请到窗口现场挂号。",
    en="There is no appointment here today: please register at the desk.", status=404,
)  # fmt: skip
TOO_EARLY: Final = refusal(
    "visit_too_early", "KQ-3561", zh="还早：{since} 起可以报到，请到时再来。", en="Too early: check-in opens at {since}, please come back then.",
    status=409,
)  # fmt: skip
TOO_LATE: Final = refusal(
    "visit_too_late", "KQ-3562", zh="约的时段 {ends} 结束，已过保留时间，请到窗口现场挂号。",
    en="Your slot ended at {ends} and was kept no longer: please register at the desk.", status=409,
)  # fmt: skip
WRONG_HOSPITAL: Final = refusal(
    "visit_wrong_hospital", "KQ-3563", zh="约的是 {place}，不是这里，请到那里报到。", en="This appointment is at {place}, not here: please check in there.",
    status=409,
)  # fmt: skip
WRONG_DAY: Final = refusal(
    "visit_wrong_day", "KQ-3564", zh="约的是 {day}，不是今天。要今天看，请到窗口现场挂号。",
    en="This appointment is on {day}, not today. To be seen today, please register at the desk.", status=409,
)  # fmt: skip
NOT_BOOKED: Final = refusal(
    "visit_not_booked", "KQ-3565", zh="这个预约没有生效或已取消，请到窗口。", en="This appointment is not in force or was cancelled: please go to the desk.",
    status=409,
)  # fmt: skip
NOBODY_WAITS: Final = refusal(
    "visit_nobody_waits", "KQ-3566", zh="现在没有人候诊。", en="Nobody is waiting now.", status=409
)
CALLED_ALREADY: Final = refusal(
    "visit_called_already", "KQ-3567", zh="已经叫了 {label}：请先选“进诊室”或“过号”。",
    en="{label} has been called: first say whether the patient came in or passed.", status=409,
)  # fmt: skip
WRONG_STEP: Final = refusal(
    "visit_wrong_step", "KQ-3568", zh="{label} 现在是“{state}”，这一步已经办过或不归您办。",
    en="{label} is now “{state}”: this was done already, or is another doctor's.", status=409,
)  # fmt: skip
SESSION_STOPPED: Final = refusal(
    "visit_session_stopped", "KQ-3569", zh="这场门诊停诊了，请看通知或到窗口改约。",
    en="This clinic was stopped: see your message, or go to the desk for another time.", status=409,
)  # fmt: skip
NOT_YOUR_SESSION: Final = refusal(
    "visit_not_your_session", "KQ-3570", zh="这是别的医生的门诊。", en="This is another doctor's clinic.", status=403
)
