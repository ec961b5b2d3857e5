"""The forms of the residents' pages."""

from __future__ import annotations

from datetime import date

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.people.kinship import Kin
from kangqu.systems.citizen.kin import RIGHTS
from kangqu.web.forms import ChoiceField, DateField, Form, NameField

_RIGHTS = tuple((right.value, word) for right, word in RIGHTS)
LOST, WORN, UNWANTED = "lost", "worn", "unwanted"
WHY = ((LOST, _("丢了")), (WORN, _("旧了")), (UNWANTED, _("不用了")))


class RightsField(django.MultipleChoiceField):
    """What an agent may do: one switch each."""

    def __init__(self) -> None:
        super().__init__(label=_("可以代办"), choices=_RIGHTS, widget=django.CheckboxSelectMultiple)


def _until() -> DateField:
    return DateField(label=_("到哪一天为止"), earliest=date(2000, 1, 1), latest=date(2100, 1, 1))


class AskForm(Form):
    """Whom, how she is related, what is to be granted."""

    name = NameField(label=_("家人姓名"))
    contact = django.CharField(
        label=_("家人的手机号或居民码"), max_length=40, help_text=_("对方登录用的手机号；居民码印在纸质卡上。")
    )
    relation = ChoiceField(label=_("家人是您的"), choices=Kin.choices)
    rights = RightsField()
    until = _until()


class RightsForm(Form):
    rights = RightsField()
    until = _until()


class ChildForm(Form):
    name = NameField(label=_("孩子姓名"))
    certificate = django.CharField(
        label=_("出生医学证明编号"), max_length=32, help_text=_("在出生证右上角，一个字母加九位数字。")
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["certificate"].widget.attrs.update(
            {"autocomplete": "off", "data-private": "", "spellcheck": "false"}
        )


class EndCardForm(Form):
    why = ChoiceField(label=_("为什么作废"), choices=WHY)


class ConsentForm(Form):
    version = django.CharField(widget=django.HiddenInput(), max_length=20)
    until = _until()
