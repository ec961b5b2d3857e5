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
