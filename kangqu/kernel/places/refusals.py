"""How places say no. Codes KQ-13xx."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

REGION_UNKNOWN = refusal(
    "region_unknown", "KQ-1301", zh="没有区划 {code}。", en="There is no division {code}.", status=404
)
REGION_BAD = refusal(
    "region_bad",
    "KQ-1302",
    zh="第 {row} 行区划代码“{code}”不对：{detail}",
    en="Row {row}: division code “{code}” is wrong: {detail}",
)
REGION_ORPHAN = refusal(
    "region_orphan",
    "KQ-1303",
    zh="第 {row} 行区划 {code} 的上级 {parent} 不存在，整批未导入。",
    en="Row {row}: division {code} has no parent {parent}; nothing was loaded.",
)
USCC_BAD = refusal(
    "uscc_bad",
    "KQ-1304",
    zh="统一社会信用代码不对：{detail}",
    en="Not a unified social credit code: {detail}",
)
USCC_TAKEN = refusal(
    "uscc_taken",
    "KQ-1305",
    zh="这个统一社会信用代码已用于另一家机构。",
    en="Another institution already has this unified social credit code.",
    status=409,
)
INSTITUTION_CODE_BAD = refusal(
    "institution_code_bad",
    "KQ-1306",
    zh="医疗机构代码（22 位）不对：{detail}",
    en="Not a 22-character institution code: {detail}",
)
LICENCE_NUMBER_BAD = refusal(
    "licence_number_bad",
    "KQ-1307",
    zh="执业许可证登记号（12 位）不对：{detail}",
    en="Not a 12-digit licence register number: {detail}",
)
PARENT_CLOSED = refusal(
    "parent_closed", "KQ-1308", zh="上级机构已停业。", en="The institution above is closed.", status=409
)
CYCLE = refusal(
    "cycle",
    "KQ-1309",
    zh="机构不能移到自己或自己的下级之下。",
    en="An institution cannot be moved under itself or its own branches.",
    status=409,
)
TOO_DEEP = refusal("too_deep", "KQ-1310", zh="机构层级太多。", en="Too many levels of institutions.")
HAS_BRANCHES = refusal(
    "has_branches",
    "KQ-1311",
    zh="还有 {count} 家下级机构在开业，请先移走或关闭。",
    en="{count} institutions under it are still open: move or close them first.",
    status=409,
)
INSTITUTION_CLOSED = refusal(
    "institution_closed", "KQ-1312", zh="这家机构已停业。", en="This institution is closed.", status=409
)
LICENCE_TWICE = refusal(
    "licence_twice", "KQ-1313", zh="这张证照已登记。", en="This licence is already recorded.", status=409
)
DEPARTMENT_TWICE = refusal(
    "department_twice", "KQ-1314", zh="已有同名科室。", en="A department of this name exists.", status=409
)
POST_TWICE = refusal("post_twice", "KQ-1315", zh="已有同名岗位。", en="A post of this title exists.", status=409)
CONSORTIUM_TWICE = refusal(
    "consortium_twice", "KQ-1316", zh="已有同名联合体。", en="A consortium of this name exists.", status=409
)
ALREADY_MEMBER = refusal(
    "already_member", "KQ-1317", zh="该机构已是成员。", en="The institution is already a member.", status=409
)
NOT_MEMBER = refusal("not_member", "KQ-1318", zh="该机构不是成员。", en="The institution is not a member.", status=409)
LEADER_STAYS = refusal(
    "leader_stays", "KQ-1319", zh="牵头单位不能退出。", en="The leading institution cannot leave.", status=409
)
STATION_CLOSED = refusal("station_closed", "KQ-1320", zh="这个点位已停用。", en="This station is closed.", status=409)
DEVICE_REVOKED = refusal("device_revoked", "KQ-1321", zh="这台设备已注销。", en="This device is revoked.", status=409)
DATES_CROSSED = refusal(
    "dates_crossed", "KQ-1322", zh="结束日期早于开始日期。", en="The end comes before the beginning."
)
GRADE_MISPLACED = refusal("grade_misplaced", "KQ-1323", zh="只有医院有等级。", en="Only a hospital has a grade.")
WORDS_BAD = refusal(
    "words_bad",
    "KQ-1324",
    zh="“{label}”不能为空、不能超过 {limit} 个字符，也不能含控制字符。",
    en="“{label}” must not be empty, longer than {limit} characters or hold control characters.",
)
CHOICE_BAD = refusal("choice_bad", "KQ-1325", zh="“{label}”没有这个选项。", en="“{label}” has no such choice.")
DEPARTMENT_ELSEWHERE = refusal(
    "department_elsewhere", "KQ-1326", zh="这个科室属于别的机构。", en="The department belongs elsewhere."
)
ALREADY_SERVED = refusal(
    "already_served", "KQ-1327", zh="该区划已由这家机构负责。", en="The division is already served.", status=409
)
NOT_SERVED = refusal(
    "not_served", "KQ-1328", zh="这家机构不负责该区划。", en="The institution does not serve this division.", status=409
)
