"""What the residents' pages refuse."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

RIGHT_ENDED = refusal(
    "family_right_ended",
    "KQ-2171",
    zh="您没有这项授权，或授权已到期、已撤销，请家人重新授权。",
    en="You were not given this right, or it has ended: ask them to grant it again.",
    status=403,
)
NOBODY_THERE = refusal(
    "family_nobody_there",
    "KQ-2172",
    zh="没有找到这位居民：请核对姓名和手机号（或居民码）。对方要先登录过一次。",
    en="Nobody found: check the name and the phone (or resident code). They must have signed in once.",
)
OFFER_GONE = refusal(
    "family_offer_gone",
    "KQ-2173",
    zh="这个请求已经处理过或已过期。",
    en="This request was answered already, or has run out.",
    status=409,
)
NOT_A_CHILD_OF_YOURS = refusal(
    "family_child_not_proved",
    "KQ-2174",
    zh="对不上登记信息。请核对，或带户口簿、出生证到就近卫生院办理。",
    en="This does not match our register. Check it, or bring the household book and birth certificate to a health centre.",
)
