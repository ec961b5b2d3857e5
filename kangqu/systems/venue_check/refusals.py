"""Why a presence is not taken. Codes KQ-192x; those of the code itself are the one code's."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

PRESENCE_FUTURE = refusal(
    "presence_future",
    "KQ-1921",
    zh="到访时间在未来，请核对设备时间。",
    en="The presence lies in the future: check the device's clock.",
)
PRESENCE_TOO_OLD = refusal(
    "presence_too_old",
    "KQ-1922",
    zh="到访已超过 {hours} 小时，不再接收。",
    en="The presence is more than {hours} hours old and is not taken.",
)
WRONG_PLACE = refusal(
    "wrong_place",
    "KQ-1923",
    zh="这台设备不属于这个场所。",
    en="This device is not registered to this place.",
    status=403,
)
WHO_IS_IT = refusal(
    "who_is_it",
    "KQ-1924",
    zh="要有扫到的码或居民公开码，且只要一个。",
    en="Either the scanned code or the resident's public code is needed, and only one of them.",
)
RESIDENT_UNKNOWN = refusal(
    "resident_unknown", "KQ-1925", zh="没有这个居民公开码。", en="No resident has this public code."
)
TEMPERATURE_DOUBTFUL = refusal(
    "temperature_doubtful",
    "KQ-1926",
    zh="体温 {degrees} ℃ 不可信，请重测。",
    en="A temperature of {degrees} °C is not plausible: measure again.",
)
SPAN_TOO_LONG = refusal(
    "presence_span_too_long",
    "KQ-1927",
    zh="一次最多查 {days} 天，且起始早于结束。",
    en="At most {days} days can be asked for at once, the beginning before the end.",
)
BATCH_SIZE = refusal(
    "presence_batch_size", "KQ-1928", zh="一批 1 至 {most} 条。", en="A batch holds 1 to {most} presences.", status=413
)
