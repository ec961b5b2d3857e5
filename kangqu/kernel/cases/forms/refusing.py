"""A form that is filled in wrongly: every field at fault at once, each with its stable code and sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kangqu.kernel.basis.refusals import Refusal, Refused, Words, refusal

MISSING = refusal("form_missing", "KQ-3051", zh="请填写{label}。", en="{label} is missing.")
NOT_A_NUMBER = refusal("form_not_a_number", "KQ-3052", zh="{label}要填数字。", en="{label} must be a number.")
NOT_WHOLE = refusal("form_not_whole", "KQ-3053", zh="{label}要填整数。", en="{label} must be a whole number.")
TOO_SMALL = refusal(
    "form_too_small", "KQ-3054", zh="{label}不能小于 {least}{unit}。", en="{label} must be at least {least}{unit}."
)
TOO_GREAT = refusal(
    "form_too_great", "KQ-3055", zh="{label}不能大于 {most}{unit}。", en="{label} must be at most {most}{unit}."
)
TOO_FINE = refusal(
    "form_too_fine",
    "KQ-3056",
    zh="{label}最多 {places} 位小数。",
    en="{label} may have at most {places} decimal places.",
)
TOO_LONG = refusal(
    "form_too_long", "KQ-3057", zh="{label}最多 {most} 个字。", en="{label} may be at most {most} characters long."
)
NO_SUCH_CHOICE = refusal("form_no_such_choice", "KQ-3058", zh="{label}没有这个选项。", en="{label} has no such choice.")
NOT_YES_OR_NO = refusal("form_not_yes_or_no", "KQ-3059", zh="{label}要选“是”或“否”。", en="{label} must be yes or no.")
NOT_A_DAY = refusal(
    "form_not_a_day", "KQ-3060", zh="{label}要填日期（年-月-日）。", en="{label} must be a date (year-month-day)."
)
NOT_AN_INSTANT = refusal(
    "form_not_an_instant",
    "KQ-3061",
    zh="{label}要填带时区的时间。",
    en="{label} must be a date and time with its offset.",
)
NOT_TEXT = refusal("form_not_text", "KQ-3062", zh="{label}的内容不能识别。", en="{label} cannot be read.")
NOT_THE_SHAPE = refusal(
    "form_not_the_shape", "KQ-3063", zh="{label}的格式不对。", en="{label} does not have the right form."
)
UNKNOWN_FIELD = refusal("form_unknown_field", "KQ-3064", zh="没有“{name}”这一项。", en="There is no field “{name}”.")
WRONG = refusal("form_wrong", "KQ-3065", zh="有 {count} 项要改：{first}", en="{count} to mend: {first}")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One field and what is wrong with it."""

    field: str
    refused: Refused


class FormRefused(Refused):
    """The form was not taken. ``wrongs`` names every field at fault, in the form's order."""

    def __init__(self, wrongs: tuple[Wrong, ...]) -> None:
        first = wrongs[0].refused
        said = Words(first.sentence("zh"), first.sentence("en"))
        super().__init__(WRONG, field=wrongs[0].field, count=len(wrongs), first=said)
        self.wrongs = wrongs


def wrong(why: Refusal, name: str, /, **facts: Any) -> Refused:
    return Refused(why, field=name, **facts)
