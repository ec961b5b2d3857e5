"""What a rating asks: stars, reasons, a sentence if she likes."""

from __future__ import annotations

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.systems.tcm_pharmacy.rating.actions import LONGEST
from kangqu.systems.tcm_pharmacy.rating.words import REASONS, STARS
from kangqu.web.forms import Form


class RatingForm(Form):
    stars = django.TypedChoiceField(
        label=_("这次的药怎么样"),
        choices=list(STARS.items()),
        coerce=int,
        widget=django.RadioSelect(),
        error_messages={"required": _("请选几颗星")},
    )
    reasons = django.MultipleChoiceField(
        label=_("为什么（可多选）"),
        choices=list(REASONS.items()),
        required=False,
        widget=django.CheckboxSelectMultiple(),
    )
    sentence = django.CharField(
        label=_("想说的话"),
        max_length=LONGEST,
        required=False,
        help_text=_("开方医生和中药房负责人能看到，不要写身份证号和电话。"),
        widget=django.Textarea(attrs={"rows": 3}),
    )
