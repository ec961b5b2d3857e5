"""Why a question about coverage is not answered: KQ-3470 to KQ-3479."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

NO_BOOSTER = refusal(
    "coverage_no_booster",
    "KQ-3470",
    zh="{day} 时“{series}”没有加强免疫程序。",
    en="There is no booster of {series} on {day}.",
)
CUT_OFF_TOO_LATE = refusal(
    "coverage_cut_off_too_late",
    "KQ-3471",
    zh="全程截止日最晚 {last}：再晚完成的人到 {day} 还没到加强间隔，不能算进分母。",
    en="The cut-off can be {last} at the latest: who completed later is not yet due on {day} and belongs in no denominator.",
)
LIST_OVER = refusal(
    "coverage_list_over",
    "KQ-3472",
    zh="这份名单打开太久或不是您打开的，请从第一页重新打开。",
    en="This list was opened too long ago, or not by you: open it again from the first page.",
    status=409,
)
SOURCE_NEEDED = refusal(
    "coverage_source_needed",
    "KQ-3473",
    zh="请写明目标人数从哪里来（哪份统计、哪所学校的名册）。",
    en="Say where the target number comes from (which census, which school's roll).",
)
TARGET_AHEAD = refusal(
    "coverage_target_ahead",
    "KQ-3474",
    zh="目标人数的日期 {day} 在将来。",
    en="The day of the target number, {day}, lies ahead.",
)
SERIES_UNKNOWN = refusal(
    "coverage_series_unknown",
    "KQ-3475",
    zh="没有“{series}”这个接种系列。",
    en="There is no series {series}.",
)
