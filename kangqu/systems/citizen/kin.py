"""Words of the residents' pages: what an agent may do, what a paper is called."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.roles import Right

RIGHTS: Final[tuple[tuple[Right, Any], ...]] = (
    (Right.CODE, _("亮码")),
    (Right.BOOK, _("预约")),
    (Right.REPORTS, _("看报告")),
    (Right.PAY, _("缴费")),
    (Right.ELDER_FEES, _("养老费用")),
)
"""What can be granted, in the order it is shown. Reports and money are off unless chosen."""

RIGHTS_AT_FIRST: Final = (Right.CODE, Right.BOOK)


_SEXES: Final = {"1": _("男"), "2": _("女")}
_PAPERS: Final[dict[str, Any]] = {
    "01": _("居民身份证"),
    "02": _("居民户口簿"),
    "03": _("护照"),
    "04": _("军官证"),
    "05": _("驾驶证"),
    "06": _("港澳通行证"),
    "07": _("台湾通行证"),
    "11": _("出生医学证明"),
    "12": _("健康档案编号"),
    "13": _("永久居留身份证"),
    "14": _("港澳台居住证"),
}


def sex_word(sex: str) -> str:
    """男, 女, or nothing when it is not known."""
    return str(_SEXES.get(sex, ""))


def paper_word(kind: str) -> str:
    """What a paper of this kind is called on a narrow screen."""
    return str(_PAPERS.get(kind, _("证件")))
