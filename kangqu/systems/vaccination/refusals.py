"""Why the vaccination system says no."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

# What a forecast is asked with: KQ-3401…
DOSE_BEFORE_BIRTH = refusal(
    "vaccination_dose_before_birth",
    "KQ-3401",
    zh="第 {row} 条接种记录的日期 {day} 早于出生日期，请核对。",
    en="Dose {row} of the history is dated {day}, before the birth date: check it.",
)
DAY_BEFORE_BIRTH = refusal(
    "vaccination_day_before_birth",
    "KQ-3402",
    zh="判断日期 {day} 早于出生日期，请核对。",
    en="The day to judge, {day}, is before the birth date: check it.",
)
PROGRAMME_UNKNOWN = refusal(
    "vaccination_programme_unknown",
    "KQ-3403",
    zh="没有“{programme}”这个接种程序；有：{known}。",
    en="There is no schedule “{programme}”; there are: {known}.",
)

# The record: KQ-3404…
NOT_NOW = refusal(
    "vaccination_not_now", "KQ-3404", zh="这一天不能接种{vaccine}：{reason}", en="{vaccine} may not be given on this day: {reason}", status=409,
)  # fmt: skip
NO_PRE_CHECK = refusal(
    "vaccination_no_pre_check", "KQ-3405", zh="今天还没有做接种前询问，请先询问。", en="The questions before a dose were not asked today: ask them first.",
    status=409,
)  # fmt: skip
PRE_CHECK_STOPS = refusal(
    "vaccination_pre_check_stops", "KQ-3406", zh="接种前询问有不能接种的情形：{questions}", en="The questions before a dose stop it: {questions}", status=409,
)  # fmt: skip
UNANSWERED = refusal(
    "vaccination_unanswered", "KQ-3407", zh="接种前询问没有答完：{questions}", en="Questions before a dose are not answered: {questions}",
)  # fmt: skip
LOT_UNKNOWN = refusal(
    "vaccination_lot_unknown", "KQ-3408", zh="没有批号为 {lot} 的这种疫苗，请核对。", en="There is no lot {lot} of this vaccine: check it.",
)  # fmt: skip
LOT_EXPIRED = refusal(
    "vaccination_lot_expired", "KQ-3409", zh="批号 {lot} 已过有效期（{day}），不能接种。", en="Lot {lot} expired on {day}: it may not be given.", status=409,
)  # fmt: skip
LOT_HELD = refusal(
    "vaccination_lot_held", "KQ-3410", zh="批号 {lot} 已暂停使用或召回，不能接种：{because}", en="Lot {lot} is held or recalled: {because}",
    status=409,
)  # fmt: skip
NO_STOCK = refusal(
    "vaccination_no_stock", "KQ-3411", zh="本单位没有批号 {lot} 的库存，请核对批号或先入库。",
    en="There is no stock of lot {lot} here: check the lot, or receive it first.",
    status=409,
)  # fmt: skip
DECEASED = refusal(
    "vaccination_deceased", "KQ-3412", zh="这位居民已登记死亡，请核对身份。", en="This resident is registered as deceased: check who it is.", status=409,
)  # fmt: skip
BIRTH_UNKNOWN = refusal(
    "vaccination_birth_unknown", "KQ-3413", zh="没有出生日期，不能判断，请先补登。",
    en="The birth date is not known, so nothing can be judged: register it first.",
    status=409,
)  # fmt: skip
BAD_TIME = refusal(
    "vaccination_bad_time", "KQ-3414", zh="接种时间不能在将来，也不能早于 {hours} 小时前；更早的请补录。",
    en="A dose cannot lie ahead or more than {hours} hours back: older ones are brought as history.",
)  # fmt: skip
VACCINE_UNKNOWN = refusal(
    "vaccination_vaccine_unknown", "KQ-3415", zh="没有代码为 {vaccine} 的疫苗。", en="There is no vaccine with the code {vaccine}.",
)  # fmt: skip
BAD_DAY = refusal(
    "vaccination_bad_day", "KQ-3416", zh="接种日期 {day} 早于出生日期或在将来，请核对。", en="The day {day} lies before the birth date or ahead: check it.",
)  # fmt: skip
STILL_WATCHED = refusal(
    "vaccination_still_watched", "KQ-3417", zh="留观到 {until} 才满，还不能放行。", en="To be observed until {until}: it is too early to let go.", status=409,
)  # fmt: skip
NOT_WATCHED = refusal(
    "vaccination_not_watched", "KQ-3418", zh="这次留观已经结束。", en="This observation is over already.", status=409
)
STRUCK_OUT = refusal(
    "vaccination_struck_out", "KQ-3419", zh="这一剂已经作废。", en="This dose is struck out already.", status=409
)
NOT_OURS = refusal(
    "vaccination_not_ours",
    "KQ-3420",
    zh="只有记录它的单位能改这一剂。",
    en="Only the institution that recorded a dose may change it.",
    status=403,
)
LOT_DIFFERS = refusal(
    "vaccination_lot_differs", "KQ-3421", zh="批号 {lot} 已按另一个有效期或每支剂数登记，请核对。",
    en="Lot {lot} is registered with another expiry or number of doses: check it.",
    status=409,
)  # fmt: skip
TOO_FEW = refusal(
    "vaccination_too_few_vials",
    "KQ-3422",
    zh="库存只有 {vials} 支，不够。",
    en="There are only {vials} vials: not enough.",
    status=409,
)
WHY_NEEDED = refusal("vaccination_why_needed", "KQ-3423", zh="请写明理由。", en="Please say why.")
NOBODY_SUCH = refusal(
    "vaccination_nobody_such",
    "KQ-3424",
    zh="没有找到这位居民，请核对号码。",
    en="No such resident was found: check the number.",
    status=404,
)
SAME_DAY = refusal(
    "vaccination_same_day",
    "KQ-3425",
    zh="{day} 已接种过这种疫苗（{code}），不能再登记一剂；确有需要由医生写明理由。",
    en="This vaccine was given on {day} already ({code}); a doctor may decide on a second dose, in writing.",
    status=409,
)
BATCH_SIZE = refusal(
    "vaccination_batch_size", "KQ-3426", zh="一次要有 1 到 {most} 剂。", en="Send 1 to {most} doses at a time."
)
VIAL_EMPTY = refusal(
    "vaccination_vial_empty",
    "KQ-3430",
    zh="这支开启的疫苗已用完或已废弃。",
    en="Nothing is left of this opened vial.",
    status=409,
)
ONSET = refusal(
    "vaccination_onset",
    "KQ-3431",
    zh="发生时间不能早于接种，也不能在将来。",
    en="The onset cannot lie before the dose, or ahead.",
)
NOT_SIMPLE = refusal(
    "vaccination_not_simple",
    "KQ-3432",
    zh="只有轻微的发热、局部红肿或硬结可以不调查。",
    en="Only mild fever, local redness or induration needs no investigation.",
    status=409,
)
NOT_INJECTED = refusal(
    "vaccination_not_injected",
    "KQ-3433",
    zh="只给本市登记的接种签发证明；补录的不签发，作废的也不签发。",
    en="Only an injection recorded here is certified: not what was brought from elsewhere, nor what was struck out.",
    status=409,
)
