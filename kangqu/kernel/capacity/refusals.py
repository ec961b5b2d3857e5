"""Every way a seat is not given."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.basis.refusals import refusal

FULL: Final = refusal(
    "capacity_full",
    "KQ-1601",
    zh="这一场的号已经没有了，可以候补。",
    en="No place is left here; you may wait for one.",
    status=409,
)
ALREADY_BOOKED: Final = refusal(
    "capacity_already_booked",
    "KQ-1602",
    zh="同一天在这里已经有一个预约：{code}。",
    en="There is a booking here for this day already: {code}.",
    status=409,
)
NOT_RELEASED: Final = refusal(
    "capacity_not_released",
    "KQ-1603",
    zh="还没有放号，{at} 开始预约。",
    en="Not open yet: booking begins {at}.",
    status=409,
)
STOPPED: Final = refusal("capacity_stopped", "KQ-1604", zh="这一场已停诊。", en="This session was stopped.", status=409)
PAST: Final = refusal("capacity_past", "KQ-1605", zh="这个时段已经过了。", en="This time is over.", status=409)
NOT_HELD: Final = refusal(
    "capacity_not_held",
    "KQ-1606",
    zh="占号已超时释放，请重新选号。",
    en="The hold ran out: please choose again.",
    status=409,
)
NO_CHANNEL: Final = refusal("capacity_no_channel", "KQ-1607", zh="没有这个预约渠道。", en="There is no such channel.")
ENDED: Final = refusal(
    "capacity_ended",
    "KQ-1608",
    zh="这个预约已经结束，不能再改。",
    en="This booking is over and cannot be changed.",
    status=409,
)
BUSY: Final = refusal(
    "capacity_busy",
    "KQ-1609",
    zh="预约的人太多，请稍后再试。",
    en="Too many are booking: please try again shortly.",
    status=409,
)
SEAT_LEFT: Final = refusal(
    "capacity_seat_left",
    "KQ-1610",
    zh="还有号，不用候补，请直接预约。",
    en="There are places left: book one instead of waiting.",
    status=409,
)
TOO_LATE: Final = refusal(
    "capacity_too_late",
    "KQ-1612",
    zh="快开始了，不再候补，请到现场询问。",
    en="It begins too soon to wait for a place: please ask on site.",
    status=409,
)
BAD_ROSTER: Final = refusal(
    "capacity_bad_roster",
    "KQ-1611",
    zh="排班第 {row} 行有误：{detail}",
    en="Row {row} of the roster is wrong: {detail}",
)
RELEASE_WINDOW: Final = refusal(
    "capacity_release_window", "KQ-1613", zh="报名要先开始后结束，并在开诊前结束。",
    en="Entering has to begin before it ends, and to end before the sessions begin.",
)  # fmt: skip
RELEASE_TAKEN: Final = refusal(
    "capacity_release_taken", "KQ-1614", zh="有的场次已停诊、有人预约或在别的摇号里。",
    en="One of the sessions is stopped, booked by somebody, or in another draw.", status=409,
)  # fmt: skip
RELEASE_CLOSED: Final = refusal(
    "capacity_release_closed", "KQ-1615", zh="现在不在报名时间内。", en="It cannot be entered now.", status=409
)
WISH_UNKNOWN: Final = refusal(
    "capacity_wish_unknown",
    "KQ-1616",
    zh="请从这次摇号的场次里选。",
    en="Please choose among the sessions of this draw.",
)
NOT_DRAWN: Final = refusal(
    "capacity_not_drawn",
    "KQ-1617",
    zh="报名还没有结束，不能摇号。",
    en="It can still be entered: no draw yet.",
    status=409,
)
TOO_MANY_BOOKINGS: Final = refusal(
    "capacity_too_many_bookings", "KQ-1618", zh="一人最多同时有 {count} 个预约。", en="At most {count} bookings ahead for one person.",
    status=409,
)  # fmt: skip
TOO_MANY_OF_HOUSEHOLD: Final = refusal(
    "capacity_too_many_of_household", "KQ-1619", zh="一户在同一场最多预约 {count} 个。",
    en="At most {count} bookings of one household in one session.", status=409,
)  # fmt: skip
NO_MORE_ADDED: Final = refusal(
    "capacity_no_more_added", "KQ-1620", zh="这一场最多加 {count} 个号，已经加满。",
    en="At most {count} places may be added to this session, and they are.", status=409,
)  # fmt: skip
SLOT_UNKNOWN: Final = refusal(
    "capacity_slot_unknown", "KQ-1621", zh="这一场没有这个时段，请重新选择。",
    en="This session has no such time: please choose again.",
)  # fmt: skip
OTHER_KIND: Final = refusal(
    "capacity_other_kind", "KQ-1622", zh="只能改到同一类的时段。", en="It can only be moved to a time of the same kind."
)
