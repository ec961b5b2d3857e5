"""Why a case does not move."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

WRONG_STATE = refusal(
    "case_wrong_state",
    "KQ-3001",
    zh="这一步现在不能办：当前是“{state}”。",
    en="This step cannot be taken now: the case is at “{state}”.",
    status=409,
)
NO_SUCH_STEP = refusal("case_no_such_step", "KQ-3002", zh="没有这一步。", en="There is no such step.", status=404)
HELD = refusal(
    "case_held",
    "KQ-3003",
    zh="同事正在办这件事，请先请对方移交。",
    en="A colleague has claimed this case: ask for it to be handed over first.",
    status=409,
)
SUSPENDED = refusal(
    "case_suspended", "KQ-3004", zh="这件事已暂停，请先恢复。", en="The case is suspended: resume it first.", status=409
)
CLOSED = refusal("case_closed", "KQ-3005", zh="这件事已经办结。", en="The case is closed.", status=409)
MEANWHILE = refusal(
    "case_meanwhile",
    "KQ-3006",
    zh="同一时刻别人办了这件事，请看最新情况。",
    en="Somebody moved this case at the same moment: look at it again.",
    status=409,
)
CANNOT_PAUSE = refusal(
    "case_cannot_pause", "KQ-3007", zh="这一步不能暂停。", en="The case cannot be suspended here.", status=409
)
NOT_SUSPENDED = refusal(
    "case_not_suspended", "KQ-3008", zh="这件事没有暂停。", en="The case is not suspended.", status=409
)
CANNOT_ROLL_BACK = refusal(
    "case_cannot_roll_back", "KQ-3009", zh="这一步不能退回。", en="This step cannot be taken back.", status=409
)
REASON_NEEDED = refusal("case_reason_needed", "KQ-3010", zh="请写明原因。", en="Please say why.")
NO_PROGRAMME = refusal(
    "case_no_programme", "KQ-3011", zh="没有这种业务。", en="There is no such programme.", status=404
)
NOT_TO_HAND_OVER = refusal(
    "case_not_to_hand_over",
    "KQ-3012",
    zh="对方不在这里，或没有办这件事的岗位。",
    en="That colleague does not work here, or has no post for this case.",
)
NO_MOVE = refusal(
    "case_no_move",
    "KQ-3013",
    zh="这一步不能转到别的机构。",
    en="This step does not hand the case to another institution.",
)
PERSON_NEEDED = refusal("case_person_needed", "KQ-3014", zh="请先选定居民。", en="Choose the resident first.")
BATCH_TOO_LARGE = refusal("case_batch_size", "KQ-3015", zh="一次最多办 {most} 件。", en="At most {most} cases at once.")
BAD_DOCUMENT = refusal(
    "case_bad_document",
    "KQ-3016",
    zh="只能上传图片（JPEG、PNG）和 PDF，并且文件要完整。",
    en="Only whole pictures (JPEG, PNG) and PDF files can be added.",
)
EVENT_GONE = refusal(
    "case_event_gone",
    "KQ-3017",
    zh="这条消息不在搁置的里面。",
    en="This event is not among the parked ones.",
    status=409,
)
TOO_MANY_DOCUMENTS = refusal(
    "case_too_many_documents", "KQ-3018", zh="一件事最多 {most} 份材料。", en="A case holds at most {most} documents."
)
USE_THE_DESK = refusal(
    "case_use_the_desk",
    "KQ-3019",
    zh="这一步请在专门的页面办。",
    en="This step is taken on its own page.",
    status=409,
)
