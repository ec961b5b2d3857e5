"""Why the rule tables say no."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

RULES_DAY = refusal(
    "tcm_rules_day",
    "KQ-3361",
    zh="日期没有看懂，请写成 2026-01-01，在 1900 年到 2199 年之间。",
    en="The day was not understood: write it as 2026-01-01, between 1900 and 2199.",
    status=422,
)
RULE_UNKNOWN = refusal(
    "tcm_rule_unknown",
    "KQ-3362",
    zh="没有这个编号的审方规则，请从审方规则表里找。",
    en="There is no rule of the review with this id: look for it in the tables.",
    status=404,
)
TABLE_UNKNOWN = refusal(
    "tcm_rules_table_unknown",
    "KQ-3363",
    zh="没有这张表，请从审方规则表的目录打开。",
    en="There is no such table: open one from the list of tables.",
    status=404,
)
HERB_UNKNOWN = refusal(
    "tcm_herb_unknown",
    "KQ-3364",
    zh="表里没有这个药名，什么也没有审，不等于可以用。",
    en="The tables hold no such herb: nothing is judged of it, which does not mean it is safe.",
    status=404,
)
