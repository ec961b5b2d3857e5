"""Why a fridge, a reading or vials are refused."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

FRIDGE_UNKNOWN = refusal(
    "cold_fridge_unknown", "KQ-3440", zh="本单位没有登记这台冰箱或记录仪：{fridge}。", en="No such fridge or logger here: {fridge}.",
    status=404,
)  # fmt: skip
READING_ABSURD = refusal(
    "cold_reading_absurd", "KQ-3441", zh="温度要在 -90 到 60 ℃ 之间，请核对记录仪。",
    en="A temperature lies between -90 and 60 °C: check the logger.",
)  # fmt: skip
READING_WHEN = refusal(
    "cold_reading_when", "KQ-3442", zh="测温时间不能在将来，也不能早于 {days} 天前。",
    en="A reading cannot lie ahead, nor more than {days} days back.",
)  # fmt: skip
READING_DIFFERS = refusal(
    "cold_reading_differs", "KQ-3443", zh="这一时刻已有另一个读数：{celsius} ℃。", en="There is another reading of this instant: {celsius} °C.",
    status=409,
)  # fmt: skip
VIALS_HELD = refusal(
    "cold_vials_held", "KQ-3444", zh="批号 {lot} 在这里的疫苗因冰箱温度异常暂停使用，等疾控决定。",
    en="Vials of lot {lot} here are held since their fridge was out of range: the CDC decides.",
    status=409,
)  # fmt: skip
OUT_OF_RANGE = refusal(
    "cold_out_of_range", "KQ-3445", zh="{fridge} 温度异常还没恢复，不能放入疫苗。", en="{fridge} is out of range: put no vaccine into it.",
    status=409,
)  # fmt: skip
STILL_OUT = refusal(
    "cold_still_out",
    "KQ-3446",
    zh="冰箱温度还没恢复，恢复后再决定。",
    en="The fridge is not back in range yet: decide then.",
    status=409,
)
FRIDGE_TWICE = refusal(
    "cold_fridge_twice", "KQ-3447", zh="本单位已有同名冰箱或同一台记录仪。", en="There is a fridge of this name, or with this logger, already.",
    status=409,
)  # fmt: skip
FRIDGE_FULL = refusal(
    "cold_fridge_full",
    "KQ-3448",
    zh="冰箱里还有疫苗，先移走再停用。",
    en="There is vaccine in this fridge: move it first.",
    status=409,
)
READINGS_SIZE = refusal(
    "cold_readings_size", "KQ-3449", zh="一次要有 1 到 {most} 个读数。", en="Send 1 to {most} readings at a time."
)
