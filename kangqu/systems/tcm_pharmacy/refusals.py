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
PRESCRIBER_UNKNOWN = refusal(
    "tcm_prescriber_unknown",
    "KQ-3274",
    zh="这个机构没有账号为它的开方医生。",
    en="No doctor of this institution signs in under that account.",
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

# The doctor's sheet: KQ-3177…
STILL_BLOCKED = refusal(
    "tcm_still_blocked",
    "KQ-3177",
    zh="还有拦截项：请改方，可以再次签字的请勾选。",
    en="Something still blocks it: correct it, or tick to sign again where you may.",
    status=409,
)
NO_HERBS = refusal("tcm_no_herbs", "KQ-3178", zh="请至少写一味药。", en="Write at least one herb.")

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
TOO_EARLY_FOR_LATE = refusal(
    "tcm_too_early_for_late",
    "KQ-3209",
    zh="后下药还太早，再过 {minutes} 分钟加。",
    en="Too early for the herbs added last: in {minutes} minutes.",
    status=409,
)
ADD_LATE = refusal(
    "tcm_add_late",
    "KQ-3210",
    zh="后下药要先加入并煎 {least} 分钟，还差 {minutes} 分钟。",
    en="The herbs added last must boil {least} minutes first: {minutes} more.",
    status=409,
)
ADD_REST = refusal(
    "tcm_add_rest",
    "KQ-3211",
    zh="先煎药已在锅里，其余药还没有加入。",
    en="The herbs boiled first are in the pot; the rest has not been added.",
    status=409,
)
FIRST_ON = refusal(
    "tcm_first_on",
    "KQ-3212",
    zh="先煎时间不够，还差 {minutes} 分钟（至少 {least} 分钟）。",
    en="The herbs boiled first need {minutes} more minutes (at least {least}).",
    status=409,
)
NOT_A_CODE = refusal(
    "tcm_not_a_code", "KQ-3213", zh="这个条码不是这里用的。", en="This barcode is not one used here.", status=409
)
NOT_HERE = refusal(
    "tcm_not_here", "KQ-3214", zh="这张处方不在本药房。", en="This prescription is not at this pharmacy.", status=404
)
PRESCRIPTION_FIRST = refusal(
    "tcm_prescription_first", "KQ-3215", zh="请先扫处方条码。", en="Scan the prescription first.", status=409
)
LOT_FIRST = refusal("tcm_lot_first", "KQ-3216", zh="请先扫药斗条码。", en="Scan the drawer first.", status=409)
NOT_IN_IT = refusal(
    "tcm_not_in_it",
    "KQ-3217",
    zh="处方里没有{herb}，请核对药斗。",
    en="{herb} is not in the prescription: check the drawer.",
    status=409,
)
WEIGHED_ALREADY = refusal(
    "tcm_weighed_already", "KQ-3218", zh="{herb}已经称过了。", en="{herb} has been weighed already.", status=409
)
LOT_OVER = refusal(
    "tcm_lot_over",
    "KQ-3219",
    zh="这批{herb}（批号 {number}）已过期，不能调配。",
    en="This lot of {herb} ({number}) has expired.",
    status=409,
)
LOT_BLOCKED = refusal(
    "tcm_lot_blocked",
    "KQ-3220",
    zh="这批{herb}（批号 {number}）已停用，不能调配。",
    en="This lot of {herb} ({number}) is blocked.",
    status=409,
)
LOT_SHORT = refusal(
    "tcm_lot_short",
    "KQ-3221",
    zh="这批{herb}只剩 {left} 克，不够 {grams} 克。",
    en="Only {left} g of this lot of {herb} are left, {grams} g are needed.",
    status=409,
)
WEIGHT_OFF = refusal(
    "tcm_weight_off",
    "KQ-3222",
    zh="{herb}应称 {least}～{most} 克，现在 {grams} 克。",
    en="{herb} must weigh {least} to {most} g, not {grams} g.",
    status=409,
)
POT_BUSY = refusal(
    "tcm_pot_busy", "KQ-3223", zh="{pot} 里有别的药。", en="{pot} holds another prescription.", status=409
)
POT_FAILED = refusal("tcm_pot_failed", "KQ-3224", zh="{pot} 已报故障。", en="{pot} is out of order.", status=409)
POT_SMALL = refusal(
    "tcm_pot_small",
    "KQ-3225",
    zh="{pot} 装不下：药 {grams} 克，最多 {most} 克。",
    en="{pot} is too small: {grams} g of herbs, at most {most}.",
    status=409,
)
POT_KIND = refusal(
    "tcm_pot_kind",
    "KQ-3226",
    zh="内服药和外用药不能同锅。",
    en="What is drunk and what is applied have pots of their own.",
    status=409,
)
WRONG_POT = refusal(
    "tcm_wrong_pot",
    "KQ-3227",
    zh="锅不对：这张处方在 {pot}。",
    en="Wrong pot: this prescription is in {pot}.",
    status=409,
)
POT_FIRST = refusal("tcm_pot_first", "KQ-3228", zh="请扫锅上的条码。", en="Scan the pot.", status=409)
PACKS_WRONG = refusal(
    "tcm_packs_wrong",
    "KQ-3229",
    zh="应有 {wanted} 袋，现在 {packs} 袋，请清点。",
    en="There should be {wanted} packs, not {packs}: count again.",
    status=409,
)
WRONG_PERSON = refusal(
    "tcm_wrong_person",
    "KQ-3230",
    zh="这不是患者本人，也不是她的家人或监护人。",
    en="This is neither the patient nor somebody who stands for her.",
    status=403,
)
POT_EMPTY = refusal("tcm_pot_empty", "KQ-3231", zh="{pot} 是空的。", en="{pot} is empty.", status=409)
LOT_TAKEN = refusal(
    "tcm_lot_taken",
    "KQ-3232",
    zh="这个批号已登记过，内容不同。",
    en="This lot is registered already, otherwise.",
    status=409,
)
UNKNOWN_HERB = refusal(
    "tcm_unknown_herb", "KQ-3233", zh="药名“{name}”要写药典名。", en="“{name}” is no pharmacopoeia name."
)
NOT_WEIGHED = refusal(
    "tcm_not_weighed", "KQ-3234", zh="还有 {count} 味没有称。", en="{count} herbs are not weighed yet.", status=409
)
NO_PRINTER = refusal(
    "tcm_no_printer",
    "KQ-3235",
    zh="这台服务器没有中文字体，不能生成标签；请装 Noto Sans CJK。",
    en="This server has no Chinese font and cannot make labels: install Noto Sans CJK.",
    status=409,
)
READING_FUTURE = refusal(
    "tcm_reading_future",
    "KQ-3236",
    zh="上报时间在将来，请校准机器时钟。",
    en="The reading is of the future: set the machine's clock.",
)
RECALLED = refusal(
    "tcm_recalled",
    "KQ-3237",
    zh="这张处方里有召回的饮片（{recall}），请报废重做。",
    en="This prescription holds recalled herbs ({recall}): scrap it and make it anew.",
    status=409,
)
CALLS_OPEN = refusal(
    "tcm_calls_open",
    "KQ-3238",
    zh="还有 {count} 张处方的患者没有联系上，也没有写明原因。",
    en="The patients of {count} prescriptions were neither reached nor is there a reason why not.",
    status=409,
)
RECALL_RACES = refusal(
    "tcm_recall_races",
    "KQ-3239",
    zh="处方正在变动，请再点一次召回。",
    en="Prescriptions are moving: press recall once more.",
    status=409,
)
NOT_SIGNED = refusal(
    "tcm_not_signed",
    "KQ-3261",
    zh="还没有签名，请收药人在框里签字。",
    en="Not signed yet: have the receiver sign in the box.",
)
CODE_SPENT = refusal(
    "tcm_code_spent",
    "KQ-3336",
    zh="这个码刚取过药，请对方刷新后再扫。",
    en="Medicine was just handed out for this code: ask for a fresh one.",
    status=409,
)
REASON_FIRST = refusal(
    "tcm_reason_first",
    "KQ-3337",
    zh="不是本人出示的动态码，请先扫或点代取原因。",
    en="It is not the patient's own live code: scan or press the reason first.",
)
HELD_TOO_LONG = refusal(
    "tcm_held_too_long",
    "KQ-3338",
    zh="隔得太久，请重新扫处方和取药人的码。",
    en="That was too long ago: scan the prescription and the receiver's code again.",
    status=409,
)
RECALL_SETTLED = refusal(
    "tcm_recall_settled",
    "KQ-3339",
    zh="这一条的状态已经变了，请刷新后再记。",
    en="This line was settled meanwhile: look again.",
    status=409,
)
RECALL_BAGS = refusal(
    "tcm_recall_bags",
    "KQ-3340",
    zh="只发出 {bags} 袋，已服和收回加起来不能更多。",
    en="Only {bags} bags were handed out: taken and returned cannot be more.",
)
RECALL_REASON = refusal(
    "tcm_recall_reason",
    "KQ-3341",
    zh="联系不上的要写明原因。",
    en="Say why nobody can be reached.",
)
RECALL_HELD = refusal(
    "tcm_recall_held",
    "KQ-3342",
    zh="还有 {count} 张处方暂扣在流水线上，请先报废重做。",
    en="{count} prescriptions are still held on the line: scrap them first.",
    status=409,
)
