"""What care refuses."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.basis.refusals import refusal

NOT_RESPONSIBLE: Final = refusal(
    "care_not_responsible", "KQ-3575", zh="您不是负责医生，或已经移交、结束。", en="You are not the responsible doctor, or it was handed over or ended.",
    status=409,
)  # fmt: skip
OFFERED_ALREADY: Final = refusal(
    "care_offered_already",
    "KQ-3576",
    zh="已经在移交，等对方答复。",
    en="It is being handed over already: wait for the answer.",
    status=409,
)
NOT_OFFERED: Final = refusal(
    "care_not_offered",
    "KQ-3577",
    zh="这次移交不是给您的，或已经答复过。",
    en="This was not offered to you, or was answered already.",
    status=409,
)
NO_REASON: Final = refusal("care_no_reason", "KQ-3578", zh="请写明原因。", en="Please give the reason.")
NOBODY_SUCH: Final = refusal(
    "care_nobody_such",
    "KQ-3579",
    zh="请选本机构的一位别的医生或一个科室。",
    en="Choose another doctor or a department of this institution.",
)
NOT_FREE: Final = refusal(
    "care_not_free", "KQ-3580", zh="不能按免费复诊挂号：{because}", en="This is no free revisit: {because}", status=409
)
