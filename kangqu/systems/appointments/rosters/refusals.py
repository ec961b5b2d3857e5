"""Why a schedule or roster is not kept."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.basis.refusals import refusal

DEPARTMENT_UNKNOWN: Final = refusal(
    "clinic_department_unknown", "KQ-3501", zh="本机构没有这个科室，请核对。", en="This institution has no such department: check it."
)  # fmt: skip
DOCTOR_UNKNOWN: Final = refusal(
    "clinic_doctor_unknown", "KQ-3502", zh="这位医生不在本机构任职，请核对。", en="This doctor holds no post here: check it."
)  # fmt: skip
CLINIC_ENDED: Final = refusal(
    "clinic_ended", "KQ-3503", zh="这个门诊已经停开。", en="This clinic has ended.", status=409
)
ROWS_OVERLAP: Final = refusal(
    "clinic_rows_overlap", "KQ-3504", zh="第 {one} 行和第 {other} 行的时间重叠。", en="Rows {one} and {other} overlap.",
)  # fmt: skip
BAD_ROW: Final = refusal(
    "clinic_bad_row", "KQ-3505", zh="第 {row} 行有误：{what}", en="Row {row} is wrong: {what}",
)  # fmt: skip
SCOPE_TAKEN: Final = refusal(
    "clinic_twice", "KQ-3506", zh="这个科室已有同名的门诊。", en="This department has a clinic of that name already.", status=409
)  # fmt: skip
WHY_STOP: Final = refusal("clinic_why_stop", "KQ-3507", zh="请写明停诊原因。", en="Please say why it is stopped.")
OVER: Final = refusal("clinic_over", "KQ-3508", zh="这一场已经结束。", en="This session is over.", status=409)
