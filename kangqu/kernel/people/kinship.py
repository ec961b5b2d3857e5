"""How an agent is related to the person she acts for, in words: one for each relation and sex, from either side."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kin(models.TextChoices):
    """What the agent is to the person acted for; whether a child is a son or a daughter her sex says."""

    SPOUSE = "配偶", _("配偶")
    CHILD = "子女", _("子女")
    PARENT = "父母", _("父母")
    GRANDCHILD = "孙子女", _("孙子女")
    GRANDPARENT = "祖父母", _("祖父母")
    SIBLING = "兄弟姐妹", _("兄弟姐妹")
    OTHER = "其他", _("其他亲友")


_WORDS: Final[dict[str, Kin]] = {
    **dict.fromkeys(("丈夫", "妻子", "夫", "妻", "爱人"), Kin.SPOUSE),
    **dict.fromkeys(("儿子", "女儿", "子", "女", "长子", "长女", "次子", "次女"), Kin.CHILD),
    **dict.fromkeys(("父亲", "母亲", "父", "母", "爸爸", "妈妈"), Kin.PARENT),
    **dict.fromkeys(("孙子", "孙女", "外孙", "外孙女", "外孙子女"), Kin.GRANDCHILD),
    **dict.fromkeys(
        ("祖父", "祖母", "外祖父", "外祖母", "爷爷", "奶奶", "姥爷", "姥姥", "外公", "外婆", "外祖父母"),
        Kin.GRANDPARENT,
    ),
    **dict.fromkeys(("兄弟", "姐妹", "兄", "弟", "姐", "妹", "哥哥", "弟弟", "姐姐", "妹妹"), Kin.SIBLING),
}
"""The words lists write, each with the relation it is one half of."""

_OTHER_SIDE: Final[dict[str, Kin]] = {
    Kin.CHILD: Kin.PARENT,
    Kin.PARENT: Kin.CHILD,
    Kin.GRANDCHILD: Kin.GRANDPARENT,
    Kin.GRANDPARENT: Kin.GRANDCHILD,
}
_BY_SEX: Final[dict[str, tuple[Any, Any]]] = {
    Kin.SPOUSE: (_("丈夫"), _("妻子")),
    Kin.CHILD: (_("儿子"), _("女儿")),
    Kin.PARENT: (_("父亲"), _("母亲")),
    Kin.GRANDCHILD: (_("孙子"), _("孙女")),
    Kin.GRANDPARENT: (_("祖父"), _("祖母")),
    Kin.SIBLING: (_("兄弟"), _("姐妹")),
}


def read_kin(word: str) -> Kin:
    """The relation a word of the register stands for; one that stands for none is ``Kin.OTHER``."""
    return Kin(word) if word in Kin else _WORDS.get(word, Kin.OTHER)


def other_side(relation: str) -> str:
    """What the person is to the agent when the agent is ``relation`` to the person."""
    return _OTHER_SIDE.get(relation, relation)


def kin_word(relation: str, sex: str, *, seen_by_agent: bool) -> str:
    """What somebody of ``sex`` (GB/T 2261.1) is to the one who looks. ``relation`` is what the agent is to the person."""
    kin = read_kin(other_side(read_kin(relation)) if seen_by_agent else relation)
    if kin in _BY_SEX and sex in ("1", "2"):
        return str(_BY_SEX[kin][int(sex) - 1])
    return str(kin.label)
