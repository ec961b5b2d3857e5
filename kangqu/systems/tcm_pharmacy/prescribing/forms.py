"""What the sheet asks beside its herbs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.systems.tcm_pharmacy.desk import words
from kangqu.systems.tcm_pharmacy.desk.forms import Seen
from kangqu.web.forms import ChoiceField, Form

FACTS: Final = tuple(words.FACTS)
_KNOWN: Final = (("", _("未知")), ("no", _("否")), ("yes", _("是")))
SAID: Final[Mapping[str, bool | None]] = {"": None, "no": False, "yes": True}


def _line(label: Any, most: int, **options: Any) -> django.CharField:
    return django.CharField(label=label, max_length=most, **{"required": False, **options})


def _whole(label: Any, least: int, most: int, initial: int) -> django.IntegerField:
    return django.IntegerField(label=label, min_value=least, max_value=most, initial=initial)


def _one_of(label: Any, named: Mapping[str, Any], **options: Any) -> ChoiceField:
    return ChoiceField(label=label, choices=list(named.items()), initial=next(iter(named)), **options)


class Sheet(Form):
    """All of an order but its herbs; ``number`` is given when the sheet is opened, so that it is taken once."""

    number = django.RegexField(r"^ZY[0-9]{8}-[0-9A-Z]{8}$", widget=django.HiddenInput(), required=False)
    correct = _line("", 20, widget=django.HiddenInput())
    disease = _line(_("病名"), 100)
    disease_code = _line(_("病名代码"), 30)
    syndrome = _line(_("证型"), 100)
    syndrome_code = _line(_("证型代码"), 30)
    department = _line(_("开方科室"), 60)
    doses = _whole(_("剂数"), 1, 90, 7)
    doses_per_day = django.FloatField(label=_("每日几剂"), min_value=0.1, max_value=4, initial=1)
    times_per_day = _whole(_("每日服几次"), 1, 8, 2)
    packs_per_dose = _whole(_("每剂几袋"), 1, 6, 2)
    ml_per_pack = _whole(_("每袋毫升"), 10, 500, 200)
    taking = _line(_("服法"), 60)
    route = _one_of(_("用法"), words.ROUTES)
    form = _one_of(_("剂型"), words.FORMS)
    decoct = django.BooleanField(label=_("由中药房代煎"), required=False, initial=True)
    once = django.BooleanField(label=_("只煎一次"), required=False)
    category = _one_of(_("煎法类别"), words.CATEGORIES)
    kind = _one_of(_("处方类别"), words.KINDS)
    record = _one_of(_("病历类别"), words.RECORDS)
    extension_days = _whole(_("有效期延长几天"), 0, 3, 0)
    supply_reason = _line(_("超期限理由"), 200)
    instructions = _line(_("医嘱"), 300, widget=django.Textarea(attrs={"rows": 2}))
    priority = _one_of(_("缓急"), words.PRIORITY)
    how = _one_of(_("领药"), words.DELIVERY)
    receiver = _line(_("收件人"), 100)
    phone = _line(_("收件电话"), 32)
    address = _line(_("收件地址"), 200)
    ward = _line(_("病区"), 60)

    def __init__(self, *args: Any, women: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, word in words.FACTS.items():
            if women or name not in words.OF_WOMEN:
                self.fields[name] = ChoiceField(label=word, choices=_KNOWN, required=False)
        self.asked = [name for name in FACTS if name in self.fields]

    def bound(self, names: Iterable[str]) -> list[Any]:
        """The fields of those names, as a template draws them."""
        return [self[name] for name in names if name in self.fields]

    @property
    def values(self) -> dict[str, Any]:
        """What is in order so far; the initial value of what is not."""
        given = getattr(self, "cleaned_data", {})
        return {name: given.get(name, field.initial) for name, field in self.fields.items()}


class Withdraw(Seen):
    why = django.CharField(label=_("作废原因"), max_length=300, widget=django.Textarea(attrs={"rows": 2}))
