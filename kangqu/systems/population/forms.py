"""The forms of the population desk."""

from __future__ import annotations

from datetime import date

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.emergency import Reason
from kangqu.kernel.people.models import IdentifierKind, Sex
from kangqu.web import forms

_LATEST = date(2100, 1, 1)
_SEXES = [(Sex.MALE.value, _("男")), (Sex.FEMALE.value, _("女")), (Sex.UNKNOWN.value, _("未知"))]
_PAPERS = [
    (IdentifierKind.RESIDENT_ID.value, _("居民身份证")),
    (IdentifierKind.BIRTH_CERTIFICATE.value, _("出生医学证明")),
    (IdentifierKind.PASSPORT.value, _("护照")),
    (IdentifierKind.HK_MACAO.value, _("港澳通行证")),
    (IdentifierKind.TAIWAN.value, _("台湾通行证")),
    (IdentifierKind.HOUSEHOLD_BOOK.value, _("户口簿")),
    (IdentifierKind.OTHER.value, _("其他证件")),
]


_HOLDERS = [
    ("self", _("本人")),
    ("mother", _("母亲")),
    ("father", _("父亲")),
    ("spouse", _("配偶")),
    ("daughter", _("女儿")),
    ("son", _("儿子")),
    ("other", _("其他人")),
]


class Registration(forms.Form):
    """A new resident. Birth date and sex may be left to the identity number."""

    sections = (
        forms.Section("who", _("是谁"), ("name", "kind", "number", "verified", "sex", "birth_date", "mother_name")),
        forms.Section("where", _("住哪里、怎么联系"), ("region", "address", "phone", "holder")),
    )
    name = forms.NameField()
    kind = forms.ChoiceField(label=_("证件种类"), choices=[("", _("没有证件")), *_PAPERS], required=False)
    number = django.CharField(
        label=_("证件号码"),
        max_length=40,
        required=False,
        widget=django.TextInput(attrs={"data-private": "", "autocomplete": "off", "spellcheck": "false"}),
    )
    verified = django.BooleanField(label=_("看过证件原件"), required=False)
    sex = forms.ChoiceField(label=_("性别"), choices=_SEXES, required=False)
    birth_date = forms.DateField(label=_("出生日期"), required=False, latest=_LATEST, help_text=_("有身份证号可以不填"))
    mother_name = django.CharField(
        label=_("母亲姓名"), max_length=100, required=False, help_text=_("没有证件的新生儿请填")
    )
    region = forms.RegionField(label=_("现住乡镇或村居"), required=False)
    address = django.CharField(label=_("现住址"), max_length=200, required=False)
    phone = forms.PhoneField(required=False)
    holder = forms.ChoiceField(label=_("手机是谁的"), choices=_HOLDERS, required=False, initial="self")


class Sure(forms.Form):
    """Shown when the index knows somebody like her: the desk compared and says she is another."""

    anyway = django.BooleanField(label=_("已核对，确实是另一个人"), required=False)


class Change(forms.Form):
    version = django.IntegerField(widget=django.HiddenInput(), min_value=1, max_value=2**31 - 1)
    name = forms.NameField()
    sex = forms.ChoiceField(label=_("性别"), choices=_SEXES)
    birth_date = forms.DateField(label=_("出生日期"), required=False, latest=_LATEST)


class Move(forms.Form):
    region = forms.RegionField(label=_("现住乡镇或村居"))
    address = django.CharField(label=_("现住址"), max_length=200)


class PaperForm(forms.Form):
    kind = forms.ChoiceField(label=_("证件种类"), choices=_PAPERS)
    number = django.CharField(
        label=_("证件号码"),
        max_length=40,
        widget=django.TextInput(attrs={"data-private": "", "autocomplete": "off", "spellcheck": "false"}),
    )
    verified = django.BooleanField(label=_("看过证件原件"), required=False)


class PhoneForm(forms.Form):
    phone = forms.PhoneField()
    holder = forms.ChoiceField(label=_("手机是谁的"), choices=_HOLDERS, initial="self")


class OnDay(forms.Form):
    """A day and a reason: moving out, death."""

    on = forms.DateField(label=_("日期"), latest=_LATEST)
    reason = django.CharField(label=_("说明"), max_length=200, required=False)


class Because(forms.Form):
    reason = django.CharField(label=_("原因"), max_length=200)


class Decision(forms.Form):
    decision = forms.ChoiceField(
        label=_("结论"), choices=[("same", _("是同一个人，合并")), ("different", _("是两个人"))]
    )
    survivor = forms.ChoiceField(
        label=_("以哪份为准"), choices=[("left", _("左边")), ("right", _("右边"))], required=False, initial="left"
    )
    reason = django.CharField(label=_("依据"), max_length=200)


class Emergency(forms.Form):
    code = django.CharField(label=_("居民公开码"), max_length=20)
    reason = forms.ChoiceField(
        label=_("原因"),
        widget=django.Select(),
        choices=[
            (Reason.UNCONSCIOUS.value, _("患者昏迷或不能表达")),
            (Reason.RESUSCITATION.value, _("急诊抢救")),
            (Reason.OUTBREAK.value, _("疫情处置")),
            (Reason.DISASTER.value, _("灾害或群体事件救治")),
        ],
    )
    note = django.CharField(label=_("情况说明"), max_length=200, help_text=_("居民会看到，审计会审查"))


class Upload(forms.Form):
    file = django.FileField(label=_("名单文件"), help_text=_(".xlsx、.csv 或 .ndjson，UTF-8 或 GB18030"))
    mode = forms.ChoiceField(
        label=_("有错的行怎么办"), choices=[("good", _("只导入正确的行")), ("all", _("有错就都不导入"))], initial="good"
    )
