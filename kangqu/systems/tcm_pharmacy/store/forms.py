"""The forms of the store room."""

from __future__ import annotations

from decimal import Decimal

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.web import forms


class LotForm(forms.Form):
    herb = django.CharField(label=_("药名（药典名）"), max_length=60)
    number = django.CharField(label=_("批号"), max_length=40)
    grams = django.DecimalField(
        label=_("重量（克）"), max_digits=10, decimal_places=2, min_value=Decimal("0.01"), max_value=Decimal(10_000_000)
    )
    expires_on = forms.DateField(label=_("有效期至"))
    maker = django.CharField(label=_("生产企业"), max_length=100, required=False)
    origin = django.CharField(label=_("产地"), max_length=60, required=False)
    shelf = django.CharField(label=_("货位"), max_length=20, required=False)


class PotForm(forms.Form):
    name = django.CharField(label=_("名称"), max_length=20)
    grams = django.IntegerField(label=_("可煎饮片（克）"), min_value=100, max_value=100_000)
    ml = django.IntegerField(label=_("容量（毫升）"), min_value=500, max_value=500_000)
    external = django.BooleanField(label=_("外用药专用"), required=False)


class Because(forms.Form):
    reason = django.CharField(label=_("原因"), max_length=200)
