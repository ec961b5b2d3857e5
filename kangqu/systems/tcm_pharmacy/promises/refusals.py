"""Why nothing is promised, why a promise is not moved, and what is wrong with a floor."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

NOBODY_MAKES_IT = refusal(
    "tcm_nobody_makes_it",
    "KQ-3240",
    zh="没有可以接单的煎药中心登记了产能。",
    en="No pharmacy that takes it has said what it can do.",
    status=409,
)
NO_POT_HOLDS_IT = refusal(
    "tcm_no_pot_holds_it",
    "KQ-3245",
    zh="没有装得下的煎药机，请分成几张处方。",
    en="No pot holds it: split the prescription.",
    status=409,
)
NO_ROUND_GOES = refusal(
    "tcm_no_round_goes",
    "KQ-3246",
    zh="没有配送车次到那个区县。",
    en="No courier's round goes to that district.",
    status=409,
)
NO_ROOM_LEFT = refusal(
    "tcm_no_room_left",
    "KQ-3247",
    zh="一周内排不下，暂时不能约定时间。",
    en="There is no room within a week: nothing can be promised.",
    status=409,
)
PROMISE_HOLDS = refusal(
    "tcm_promise_holds",
    "KQ-3241",
    zh="能按约定时间完成，不需要改约。",
    en="The promise will be kept: there is no need to move it.",
    status=409,
)
ROUND_TAKEN = refusal(
    "tcm_round_taken",
    "KQ-3242",
    zh="车次“{name}”已经有了。",
    en="There is a round “{name}” already.",
    status=409,
)
