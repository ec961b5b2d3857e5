"""Why the pharmacy says no."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

# Prescriptions coming in: KQ-3150…
SIGNATURE_BAD = refusal(
    "tcm_signature_bad",
    "KQ-3151",
    zh="处方签名核验不通过，请检查签名、密钥编号和正文是否一致。",
    en="The prescription's signature does not verify: check signature, key and body.",
    status=403,
)
KEY_UNKNOWN = refusal(
    "tcm_key_unknown",
    "KQ-3152",
    zh="这个机构没有登记编号为“{kid}”的签名密钥，或已过有效期。",
    en="This institution has no signing key “{kid}” in force.",
    status=403,
)
PATIENT_UNKNOWN = refusal(
    "tcm_patient_unknown",
    "KQ-3153",
    zh="没有找到这位患者，或姓名与证件不符，请先建档。",
    en="No such patient, or the name is not that of the document: register first.",
)
NUMBER_TAKEN = refusal(
    "tcm_number_taken",
    "KQ-3154",
    zh="处方号 {number} 已用于另一张处方；改方请发新版本。",
    en="Number {number} is that of another prescription: send a correction as a new version.",
    status=409,
)
VERSION_WRONG = refusal(
    "tcm_version_wrong",
    "KQ-3155",
    zh="改方的版本应为 {version}，并且上一版要已退回或作废。",
    en="The correction must be version {version}, and the version before it returned or withdrawn.",
    status=409,
)
NO_PHARMACY = refusal(
    "tcm_no_pharmacy",
    "KQ-3156",
    zh="没有可以接这张处方的中药房。",
    en="There is no pharmacy that could take this prescription.",
)
NOT_ISSUED_YET = refusal(
    "tcm_not_issued_yet", "KQ-3157", zh="处方日期在将来。", en="The prescription is dated in the future."
)
DELIVERY_INCOMPLETE = refusal(
    "tcm_delivery_incomplete",
    "KQ-3158",
    zh="配送需要收件人、电话和地址。",
    en="Delivery needs a receiver, a phone and an address.",
)
KEY_NOT_PUBLIC = refusal(
    "tcm_key_not_public",
    "KQ-3159",
    zh="请登记 Ed25519 或 P-256 公钥（JWK），不要包含私钥。",
    en="Register an Ed25519 or P-256 public key (JWK), without its private part.",
)

# The desk: KQ-3170…
OWN_PRESCRIPTION = refusal(
    "tcm_own_prescription",
    "KQ-3171",
    zh="开方人不能审核自己的处方。",
    en="A prescriber may not review a prescription of her own.",
    status=403,
)
BLOCKED = refusal(
    "tcm_blocked",
    "KQ-3172",
    zh="处方有未解除的拦截项，只能退回医生修改或重新签字。",
    en="The prescription is blocked: return it to the doctor, to be corrected or signed again.",
    status=409,
)
SECOND_SIGNATURE = refusal(
    "tcm_second_signature",
    "KQ-3173",
    zh="这张处方需要两名药师签字。",
    en="This prescription needs the signatures of two pharmacists.",
    status=409,
)
NO_SECOND_SIGNATURE = refusal(
    "tcm_no_second_signature",
    "KQ-3174",
    zh="这张处方不需要双签，直接审核即可。",
    en="This prescription needs no second signature: approve it.",
    status=409,
)
SAME_SIGNER = refusal(
    "tcm_same_signer",
    "KQ-3175",
    zh="第二签必须由另一名药师签。",
    en="The second signature must be another pharmacist's.",
    status=403,
)
OUT_OF_DATE = refusal(
    "tcm_out_of_date",
    "KQ-3176",
    zh="处方已过有效期（至 {until}），请退回医生。",
    en="The prescription was valid until {until}: return it to the doctor.",
    status=409,
)

# The line: KQ-3200…
SAME_PERSON = refusal(
    "tcm_same_person",
    "KQ-3201",
    zh="复核人不能是调配人本人。",
    en="Whoever dispensed it may not check it.",
    status=403,
)
NOT_DECOCTED = refusal(
    "tcm_not_decocted",
    "KQ-3202",
    zh="这张处方不代煎，不用浸泡。",
    en="This prescription is not to be decocted.",
    status=409,
)
SOAK_ON = refusal(
    "tcm_soak_on",
    "KQ-3203",
    zh="浸泡时间不够，还差 {minutes} 分钟（至少 {least} 分钟）。",
    en="Soaked too short: {minutes} more minutes (at least {least}).",
    status=409,
)
BOIL_ON = refusal(
    "tcm_boil_on",
    "KQ-3204",
    zh="煎煮时间不够，还差 {minutes} 分钟（至少 {least} 分钟）。",
    en="Boiled too short: {minutes} more minutes (at least {least}).",
    status=409,
)
BOIL_TWICE = refusal(
    "tcm_boil_twice",
    "KQ-3205",
    zh="这张处方要煎两次，请先做二煎。",
    en="This prescription is boiled twice: do the second decoction first.",
    status=409,
)
BOIL_FIRST = refusal(
    "tcm_boil_first",
    "KQ-3206",
    zh="这张处方要代煎，还不能包装。",
    en="This prescription is to be decocted first.",
    status=409,
)
TO_BE_DELIVERED = refusal(
    "tcm_to_be_delivered",
    "KQ-3207",
    zh="这张处方约定配送，不在窗口发药。",
    en="This prescription is to be delivered, not handed out here.",
    status=409,
)
TO_BE_FETCHED = refusal(
    "tcm_to_be_fetched",
    "KQ-3208",
    zh="这张处方约定自取，不交快递。",
    en="This prescription is to be fetched, not delivered.",
    status=409,
)
