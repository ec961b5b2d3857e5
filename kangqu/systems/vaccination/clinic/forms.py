"""The forms of the clinic and its store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.systems.vaccination.adverse.programme import SEVERITY
from kangqu.systems.vaccination.adverse.windows import SYMPTOMS
from kangqu.systems.vaccination.forms import products
from kangqu.systems.vaccination.records.questions import QUESTIONS
from kangqu.web import forms
from kangqu.web.formats import in_english

SITES = (
    ("", ""),
    ("LA", _("左上臂")),
    ("RA", _("右上臂")),
    ("LT", _("左大腿")),
    ("RT", _("右大腿")),
    ("PO", _("口服")),
)


class Questions(forms.Form):
    """The questions before a dose: what is ticked is a yes; that all were asked is ticked by itself."""

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        for code, each in QUESTIONS.items():
            self.fields[code] = django.BooleanField(label=each.en if in_english() else each.zh, required=False)
        self.fields["asked"] = django.BooleanField(label=_("以上逐项问过，没有勾选的都回答“没有”"))

    @property
    def answers(self) -> dict[str, bool]:
        return {code: bool(self.cleaned_data.get(code)) for code in QUESTIONS}


class Give(forms.Form):
    """One dose: the vaccine, the lot as scanned, where it was put in."""

    vaccine = django.ChoiceField(label=_("疫苗"))
    lot = django.CharField(label=_("批号（扫码或输入）"), max_length=30)
    maker = django.CharField(label=_("生产企业（两家批号相同时填）"), max_length=60, required=False)
    site = django.ChoiceField(label=_("接种部位"), choices=SITES, required=False)
    decided = django.CharField(label=_("医生决定的理由（程序留给医生决定时填）"), max_length=200, required=False)
    key = django.RegexField(r"[0-9a-f]{32}", widget=django.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["vaccine"].choices = products()  # type: ignore[attr-defined]


class Ending(forms.Form):
    why = django.CharField(label=_("情况说明"), max_length=200)


class Striking(forms.Form):
    why = django.CharField(label=_("作废的原因"), max_length=200)


class Receive(forms.Form):
    vaccine = django.ChoiceField(label=_("疫苗"))
    maker = django.CharField(label=_("生产企业"), max_length=60)
    number = django.CharField(label=_("批号"), max_length=30)
    expires_on = forms.DateField(label=_("有效期至"))
    doses_per_vial = django.IntegerField(label=_("每支剂数"), min_value=1, max_value=50, initial=1)
    fridge = django.CharField(label=_("冰箱"), max_length=20)
    vials = django.IntegerField(label=_("支数"), min_value=1, max_value=1_000_000)
    key = django.RegexField(r"[0-9a-f]{32}", widget=django.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["vaccine"].choices = products()  # type: ignore[attr-defined]


class Vials(forms.Form):
    """How many vials are written off or were counted, and why."""

    vials = django.IntegerField(label=_("支数"), min_value=0, max_value=1_000_000)
    why = django.CharField(label=_("原因"), max_length=200, required=False)
    key = django.RegexField(r"[0-9a-f]{32}", widget=django.HiddenInput)


class Moving(forms.Form):
    """How many vials go into which other fridge."""

    vials = django.IntegerField(label=_("支数"), min_value=1, max_value=1_000_000)
    fridge = django.CharField(label=_("移到哪台冰箱"), max_length=20)
    key = django.RegexField(r"[0-9a-f]{32}", widget=django.HiddenInput)


class Opening(forms.Form):
    key = django.RegexField(r"[0-9a-f]{32}", widget=django.HiddenInput)


class Reaction(forms.Form):
    """What came after a dose, how bad, and when."""

    symptom = django.ChoiceField(label=_("症状"))
    severity = django.ChoiceField(label=_("程度"))
    onset_day = forms.DateField(label=_("发生日期"))
    onset_time = django.TimeField(label=_("发生时间"), widget=django.TimeInput(attrs={"type": "time"}))

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        english = in_english()
        words = [(each.code, each.en if english else each.zh) for each in SYMPTOMS.values()]
        grades = [(each.code, each.label_en if english else each.label) for each in SEVERITY]
        self.fields["symptom"].choices = words  # type: ignore[attr-defined]
        self.fields["severity"].choices = grades  # type: ignore[attr-defined]
