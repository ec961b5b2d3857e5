"""How the register of residents says no. Numbers on papers, phones and names have theirs beside the code that reads them."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

DOCUMENT_TAKEN = refusal(
    "document_taken",
    "KQ-1420",
    zh="这个证件号已登记在另一份档案上，请先核对是不是同一人。",
    en="This number is already on another record: find out first whether it is one person.",
    status=409,
)
KNOWN_ALREADY = refusal(
    "known_already",
    "KQ-1421",
    zh="这位居民很可能已经登记过，请先核对。",
    en="This resident is very likely registered already: compare first.",
    status=409,
)
PERSON_MERGED = refusal(
    "person_merged",
    "KQ-1422",
    zh="这份档案已并入另一份，请在合并后的档案上办理。",
    en="This record was merged into another: work on that one.",
    status=409,
)
PERSON_DECEASED = refusal(
    "person_deceased",
    "KQ-1423",
    zh="这位居民已登记死亡，不能办理。",
    en="This resident is recorded as deceased.",
    status=409,
)
BIRTH_DATE = refusal(
    "birth_date",
    "KQ-1424",
    zh="出生日期不对：不能晚于今天。",
    en="The birth date is not right: it cannot lie after today.",
)
BIRTH_MISMATCH = refusal(
    "birth_mismatch",
    "KQ-1425",
    zh="出生日期与身份证号不符，请核对。",
    en="The birth date differs from the one in the identity number.",
)
DEATH_DATE = refusal(
    "death_date",
    "KQ-1426",
    zh="死亡日期不对：不能早于出生，也不能晚于今天。",
    en="The date of death is not right: it lies between birth and today.",
)
TEXT_LONG = refusal(
    "text_long", "KQ-1428", zh="内容太长，最多 {limit} 个字。", en="Too long: at most {limit} characters."
)
VALUE_UNKNOWN = refusal("value_unknown", "KQ-1429", zh="没有这个代码：{value}。", en="There is no such code: {value}.")
NOT_DECEASED = refusal(
    "not_deceased", "KQ-1430", zh="这位居民没有登记死亡。", en="This resident is not recorded as deceased.", status=409
)
MOVE_DATE = refusal(
    "move_date", "KQ-1431", zh="迁移日期不对：不能晚于今天。", en="The date of the move cannot lie after today."
)
NOT_TWICE = refusal(
    "not_twice",
    "KQ-1432",
    zh="这个号码没有登记在别的档案上，不是重号。",
    en="This number is on no other record: it was not issued twice.",
    status=409,
)

IN_A_HOUSEHOLD = refusal(
    "in_a_household",
    "KQ-1440",
    zh="这位居民已在另一户，请先办理迁出。",
    en="This resident belongs to another household: leave it first.",
    status=409,
)
NOT_A_MEMBER = refusal(
    "not_a_member", "KQ-1441", zh="这位居民不在这一户。", en="This resident is not of this household.", status=409
)
HOUSEHOLD_GONE = refusal(
    "household_gone", "KQ-1442", zh="这一户已注销。", en="This household was dissolved.", status=409
)
RELATION_HEAD = refusal(
    "relation_head",
    "KQ-1443",
    zh="一户只有一位户主，变更户主请单独办理。",
    en="A household has one head: change the head by itself.",
    status=409,
)

PROXY_SELF = refusal("proxy_self", "KQ-1450", zh="不能授权给自己。", en="Nobody is their own agent.")
PROXY_LIMIT = refusal(
    "proxy_limit",
    "KQ-1451",
    zh="最多授权 {limit} 位家人，请先撤销一位。",
    en="At most {limit} people may act for one resident: revoke one first.",
    status=409,
)
PROXY_MINOR = refusal(
    "proxy_minor",
    "KQ-1452",
    zh="未成年人只能由监护人代办。",
    en="Only a guardian may act for a minor.",
    status=409,
)
PROXY_ADULT = refusal(
    "proxy_adult",
    "KQ-1453",
    zh="这位居民已成年，请用亲情账户授权。",
    en="This resident is an adult: use a family account.",
    status=409,
)
AGENT_MINOR = refusal(
    "agent_minor", "KQ-1454", zh="代办人要年满 {age} 周岁。", en="An agent must be {age} or older.", status=409
)
PROXY_RIGHTS = refusal("proxy_rights", "KQ-1455", zh="请选择授权事项。", en="Choose what the agent may do.")
PROXY_END = refusal(
    "proxy_end",
    "KQ-1456",
    zh="授权到期日不对：要在今天之后，最长 {days} 天。",
    en="The end of the grant lies after today and at most {days} days ahead.",
)
PROXY_CONSENT = refusal(
    "proxy_consent",
    "KQ-1457",
    zh="要有居民本人的同意（手机确认、窗口核验或书面同意）。",
    en="The resident's own consent is needed: by phone, at a desk or on paper.",
)
PROXY_GONE = refusal("proxy_gone", "KQ-1458", zh="这项授权已经结束。", en="This grant has ended.", status=409)
BIRTH_UNKNOWN = refusal(
    "birth_unknown",
    "KQ-1459",
    zh="档案里没有出生日期，请先补全。",
    en="The record has no birth date: add it first.",
    status=409,
)

MERGE_SELF = refusal("merge_self", "KQ-1460", zh="同一份档案不用合并。", en="A record is not merged with itself.")
MERGE_LATE = refusal(
    "merge_late",
    "KQ-1461",
    zh="其中一份档案刚被合并，请重新查看。",
    en="One of the records was merged meanwhile: look again.",
    status=409,
)
UNMERGE_LATE = refusal(
    "unmerge_late",
    "KQ-1462",
    zh="这次合并已经撤销。",
    en="This merge was undone already.",
    status=409,
)
REVIEW_DECIDED = refusal(
    "review_decided",
    "KQ-1463",
    zh="这一对已由他人核对完毕。",
    en="Somebody decided this pair already.",
    status=409,
)
REASON_NEEDED = refusal("reason_needed", "KQ-1464", zh="请写明理由。", en="Please give a reason.")
SEARCH_MORE = refusal(
    "search_more",
    "KQ-1465",
    zh="请再多输入一点：姓名至少一个字，拼音或首字母至少两个。",
    en="Type a little more: one character of the name, or two letters.",
)
