"""Why casework says no, besides what cases themselves refuse."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

NOT_BY_HAND = refusal(
    "case_not_by_hand",
    "KQ-3031",
    zh="这种业务不能在这里手工受理。",
    en="Cases of this programme are not opened by hand here.",
    status=403,
)
ONE_BY_ONE = refusal(
    "case_one_by_one",
    "KQ-3032",
    zh="“{step}”要填写或确认，请逐件办理。",
    en="“{step}” asks for answers or a confirmation: take it case by case.",
)
NONE_CHOSEN = refusal("case_none_chosen", "KQ-3033", zh="请先勾选要办的件。", en="Choose the cases first.")
NO_SUCH_PLACE = refusal(
    "case_no_such_place", "KQ-3034", zh="没有找到这家机构。", en="There is no such institution, or it is closed."
)
