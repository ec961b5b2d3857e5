"""Why a rating is not taken."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

NOT_HANDED_OVER = refusal(
    "tcm_not_handed_over",
    "KQ-3271",
    zh="药还没有交到您手里，取到药后再来评价。",
    en="The medicine is not in your hands yet: rate it once it is.",
    status=409,
)
RATING_OVER = refusal(
    "tcm_rating_over",
    "KQ-3272",
    zh="评价过了 {days} 天，不能再改。",
    en="A rating can be changed for {days} days.",
    status=409,
)
NOT_LOW = refusal(
    "tcm_rating_not_low",
    "KQ-3273",
    zh="评价在 {stars} 星以下才能一键转投诉；要投诉请打 12345。",
    en="Only a rating of {stars} stars or less becomes a complaint at a press; to complain, call 12345.",
    status=409,
)
