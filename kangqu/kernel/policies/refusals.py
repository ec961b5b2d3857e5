"""What adopting and trying policies refuses."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

POLICY_UNKNOWN = refusal(
    "policy_unknown", "KQ-3301", zh="没有这个政策参数。", en="There is no such policy.", status=404
)
WRONG_TYPE = refusal(
    "policy_wrong_type",
    "KQ-3302",
    zh="“{title}”的值类型不对，请按现行值的样子填写。",
    en="This is not the kind of value “{title}” has: write it as the one in force.",
)
OUT_OF_BOUNDS = refusal(
    "policy_out_of_bounds",
    "KQ-3303",
    zh="超出允许范围：{least}–{most}。",
    en="Outside what is allowed: {least}–{most}.",
)
TOO_SOON = refusal(
    "policy_starts_too_soon",
    "KQ-3304",
    zh="最早只能从 {day} 起生效：当天和以前的值不能改。",
    en="It can start on {day} at the earliest: today's value and those before do not change.",
)
TOO_FAR = refusal(
    "policy_starts_too_far", "KQ-3305", zh="最晚从 {day} 起生效。", en="It can start on {day} at the latest."
)
OWN_PROPOSAL = refusal(
    "policy_own_proposal",
    "KQ-3306",
    zh="自己提出的要由另一位工作人员批准。",
    en="Another officer must decide on what you proposed yourself.",
    status=403,
)
DECIDED = refusal(
    "policy_decided",
    "KQ-3307",
    zh="这一版已经有人处理过了。",
    en="Somebody has already decided on this version.",
    status=409,
)
IN_FORCE = refusal(
    "policy_in_force",
    "KQ-3308",
    zh="这一版已经生效（或马上生效），不能撤回；请另提新的一版。",
    en="This version is in force, or about to be: propose another instead of withdrawing it.",
    status=409,
)
DAY_TAKEN = refusal(
    "policy_day_taken",
    "KQ-3309",
    zh="已有一版从 {day} 起生效或待批准。",
    en="Another version starts on {day}, or is proposed to.",
    status=409,
)
DOCUMENT_NEEDED = refusal(
    "policy_document_needed", "KQ-3310", zh="请写明依据文件。", en="Name the document it comes from."
)
MARK_UNKNOWN = refusal("policy_mark_unknown", "KQ-3311", zh="请选择依据的确定程度。", en="Say how sure the source is.")
CITY_ONLY = refusal(
    "policy_city_only",
    "KQ-3312",
    zh="全市的政策参数由市卫健委工作人员办理。",
    en="Policies of the whole city are for officers of the city's health commission.",
    status=403,
)
NO_TRIAL = refusal(
    "policy_no_trial",
    "KQ-3313",
    zh="这个政策参数没有可试算的既往记录。",
    en="There are no past cases to try this policy on.",
)
TRIAL_RANGE = refusal(
    "policy_trial_range",
    "KQ-3314",
    zh="试算日期从早到晚，不晚于今天，一次最多 {most} 天。",
    en="The days of a trial run from the earlier to the later, not past today, at most {most} of them.",
)
TRIAL_OVER = refusal("policy_trial_over", "KQ-3315", zh="这次试算已经结束。", en="This trial is over.", status=409)
TRIALS_AT_ONCE = refusal(
    "policy_trials_at_once",
    "KQ-3316",
    zh="您已有 {most} 次试算在进行，请等它们完成。",
    en="{most} of your trials are under way: wait until one is done.",
    status=429,
)
