"""What is asked on the pages of coverage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms as django
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.systems.vaccination.coverage.rates import OLDEST
from kangqu.systems.vaccination.coverage.series import families, named
from kangqu.systems.vaccination.coverage.tables import By
from kangqu.web import forms
from kangqu.web.formats import in_english

BY: Final = (
    (By.REGION.value, lazy("下一级地区")),
    (By.AGE.value, lazy("年龄段")),
    (By.DOSE.value, lazy("剂次")),
    (By.INSTITUTION.value, lazy("建档机构")),
)
WHOM: Final = (
    ("resident", lazy("常住")),
    ("registered", lazy("有接种记录")),
    ("kept", lazy("机构建档")),
    ("target", lazy("外部目标")),
)


def offered_series() -> list[tuple[str, str]]:
    return [(f"{each.programme}:{each.series}", named(each, in_english())) for each in families()]


def offered_counts() -> list[tuple[str, str]]:
    """Doses by number, the full course, the booster."""
    doses = [(str(number), _("第 %(number)d 剂") % {"number": number}) for number in range(1, 8)]
    return [*doses, ("full", _("完成全程")), ("booster", _("加强（只在已到间隔的人中算）"))]


class Asking(forms.Form):
    """The filters of a table: all of them stand in the address."""

    series = django.ChoiceField(label=lazy("疫苗"))
    what = django.ChoiceField(label=lazy("算什么"))
    by = forms.ChoiceField(label=lazy("按什么列"), choices=BY)
    as_of = forms.DateField(label=lazy("截至哪一天"))
    compare = forms.DateField(label=lazy("与哪一天比较"))
    region = forms.RegionField(label=lazy("地区"))
    from_age = django.IntegerField(label=lazy("年龄从（周岁）"), min_value=0, max_value=OLDEST)
    to_age = django.IntegerField(label=lazy("年龄到（周岁）"), min_value=0, max_value=OLDEST)
    sex = forms.ChoiceField(label=lazy("性别"), choices=(("", lazy("全部")), ("1", lazy("男")), ("2", lazy("女"))))
    timely = forms.ChoiceField(label=lazy("及时"), choices=(("", lazy("全部")), ("1", lazy("只算及时接种的"))))
    denominator = forms.ChoiceField(label=lazy("分母"), choices=WHOM)
    cut_off = forms.DateField(label=lazy("完成全程的截止日（算加强时）"))

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["series"].choices = offered_series()  # type: ignore[attr-defined]
        self.fields["what"].choices = offered_counts()  # type: ignore[attr-defined]


class Target(forms.Form):
    """A number from outside."""

    region = forms.RegionField(label=lazy("地区"))
    series = django.ChoiceField(label=lazy("疫苗"))
    from_age = django.IntegerField(label=lazy("年龄从（周岁）"), min_value=0, max_value=OLDEST, initial=0)
    to_age = django.IntegerField(label=lazy("年龄到（周岁）"), min_value=0, max_value=OLDEST, initial=OLDEST)
    persons = django.IntegerField(label=lazy("目标人数"), min_value=1, max_value=2_000_000_000)
    day = forms.DateField(label=lazy("数据日期"))
    source = django.CharField(
        label=lazy("来源"), max_length=200, help_text=lazy("哪份统计、哪所学校的名册，写全称和文号。")
    )
    key = django.RegexField(r"[0-9a-f]{32}", widget=django.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["series"].choices = offered_series()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        low, high = given.get("from_age"), given.get("to_age")
        if low is not None and high is not None and low > high:
            self.add_error("to_age", lazy("不能小于“年龄从”"))
        return given
