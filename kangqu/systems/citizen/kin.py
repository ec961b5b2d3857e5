"""How family members are related, in words: one word for each relation and sex, from either side."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.roles import Right

RELATIONS: Final[tuple[tuple[str, Any], ...]] = (
    ("配偶", _("配偶")),
    ("子女", _("子女")),
    ("父母", _("父母")),
    ("孙子女", _("孙子女")),
    ("祖父母", _("祖父母")),
    ("兄弟姐妹", _("兄弟姐妹")),
    ("其他", _("其他亲友")),
)
"""What the agent is to the person acted for. The key is what the register keeps."""

_OTHER_SIDE: Final = {"子女": "父母", "父母": "子女", "孙子女": "祖父母", "祖父母": "孙子女"}
_BY_SEX: Final[dict[str, tuple[Any, Any]]] = {
    "配偶": (_("丈夫"), _("妻子")),
    "子女": (_("儿子"), _("女儿")),
    "父母": (_("父亲"), _("母亲")),
    "孙子女": (_("孙子"), _("孙女")),
    "祖父母": (_("祖父"), _("祖母")),
    "兄弟姐妹": (_("兄弟"), _("姐妹")),
}

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


def other_side(relation: str) -> str:
    """What the person is to the agent when the agent is ``relation`` to the person."""
    return _OTHER_SIDE.get(relation, relation)


def kin_word(relation: str, sex: str, *, seen_by_agent: bool) -> str:
    """What somebody of ``sex`` is to the one who looks. ``relation`` is what the agent is to the person.

    A word of the register that is none of ours is shown to the person as it stands, and to the agent as 亲友.
    """
    if seen_by_agent:
        relation = _OTHER_SIDE.get(relation, relation if relation in _BY_SEX else "其他")
    by_sex = _BY_SEX.get(relation)
    if by_sex is not None and sex in ("1", "2"):
        return str(by_sex[int(sex) - 1])
    return str(dict(RELATIONS).get(relation, relation))
