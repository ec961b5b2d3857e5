"""The forms of policies."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.policies.catalogue import Definition
from kangqu.systems.administration import policies_reads as reads
from kangqu.systems.administration.forms import ANY
from kangqu.web import forms

_LATEST = date(2100, 1, 1)


class PolicyFilter(forms.Form):
    q = django.CharField(label=_("名称或编号"), required=False, max_length=80)
    part = forms.ChoiceField(label=_("用于"), required=False, choices=ANY + list(reads.PARTS.items()))
    state = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[*ANY, ("waiting", _("待批准")), ("own", _("本市改过"))],
    )


class ValueForm(forms.Form):
    """The new value; its hint says what it may be."""

    value = django.CharField(label=_("新的值"), max_length=200)

    def __init__(self, *args: Any, definition: Definition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].help_text = _("允许：%(bounds)s") % {"bounds": reads.bounds_of(definition)}
        if not definition.words:
            self.fields["value"].widget.attrs["inputmode"] = "decimal"


class ProposeForm(ValueForm):
    starts = forms.DateField(label=_("从哪天起生效"), latest=_LATEST, help_text=_("最早明天；已过的日子不会改"))
    document = django.CharField(label=_("依据文件"), max_length=200)
    number = django.CharField(label=_("文号"), max_length=60, required=False)
    clause = django.CharField(label=_("条款"), max_length=60, required=False)
    mark = forms.ChoiceField(label=_("依据的确定程度"), choices=list(reads.MARKS.items()), widget=django.Select())
    note = django.CharField(label=_("说明"), max_length=500, required=False, widget=django.Textarea(attrs={"rows": 3}))


class ReasonForm(forms.Form):
    reason = django.CharField(label=_("原因"), max_length=200)


class TryForm(ValueForm):
    since = forms.DateField(label=_("从"))
    until = forms.DateField(label=_("到"), help_text=_("不晚于今天，一次最多 366 天"))
    place = django.CharField(label=_("机构编码"), max_length=20, required=False, help_text=_("不填就是您管的全部机构"))
