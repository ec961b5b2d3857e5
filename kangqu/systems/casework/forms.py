"""What the pages of a case ask of their own, besides the forms of programmes. Their names begin with ``kq-``."""

from __future__ import annotations

from typing import Any

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.systems.casework.drawing import OWN
from kangqu.web import forms

_NUMBERS = 2**31 - 1


class _Own(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", OWN.rstrip("-"))
        super().__init__(*args, **kwargs)


class PlaceField(forms.RegionField):
    """An institution: one of those offered, by its name or as the list writes it, or the public code of any other."""

    def clean(self, value: Any) -> Any:
        text = " ".join(django.CharField.clean(self, value).split())
        named = [code for code, name in self.offered.items() if name == text]
        return named[0] if len(named) == 1 else text.rpartition(" ")[2]


class StepForm(_Own):
    """``seq`` is the change of the case that was on the screen: a second press finds that it has moved."""

    seq = django.IntegerField(widget=django.HiddenInput(), min_value=1, max_value=_NUMBERS, required=False)
    to = PlaceField(label=_("转到哪家机构"), required=False, help_text=_("选一家，或填机构编码"))
    note = django.CharField(label=_("补充说明"), max_length=200, required=False)

    def __init__(self, *args: Any, moves: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not moves:
            del self.fields["to"]


class Because(_Own):
    reason = django.CharField(label=_("原因"), max_length=200)


class HandOver(_Own):
    to = forms.ChoiceField(label=_("交给谁"), choices=[])
    reason = django.CharField(label=_("补充说明"), max_length=200, required=False)

    def __init__(self, *args: Any, colleagues: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, django.ChoiceField)
        field.widget = django.RadioSelect() if len(colleagues) <= 4 else django.Select()
        field.choices = colleagues


class AddDocument(_Own):
    file = django.FileField(
        label=_("图片或 PDF"), help_text=_("JPEG、PNG 或 PDF；照片里的位置信息会去掉"), max_length=300
    )
    title = django.CharField(label=_("这是什么"), max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = "image/jpeg,image/png,application/pdf"


class Opening(_Own):
    """``key`` is made with the page: sent twice it opens one case."""

    key = django.CharField(widget=django.HiddenInput(), max_length=40)
    person = django.CharField(label=_("居民公开码"), max_length=20, help_text=_("扫居民的码，或填 R 开头的编码"))
    place = forms.ChoiceField(label=_("在哪里受理"), choices=[])
    number = django.CharField(
        label=_("外部编号"), max_length=40, required=False, help_text=_("处方号、批号等，用来查找")
    )

    def __init__(self, *args: Any, about_person: bool, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not about_person:
            del self.fields["person"]
        field = self.fields["place"]
        assert isinstance(field, django.ChoiceField)
        field.choices = places
        field.widget = django.Select(choices=places)
        if len(places) == 1:
            del self.fields["place"]


class SearchForm(forms.Form):
    programme = forms.ChoiceField(label=_("业务"), choices=[], widget=django.Select())
    state = forms.ChoiceField(label=_("环节"), choices=[], widget=django.Select())
    place = forms.ChoiceField(label=_("所在机构"), choices=[], widget=django.Select())
    person = django.CharField(label=_("居民公开码"), max_length=20)
    since = forms.DateField(label=_("从哪天受理"))
    until = forms.DateField(label=_("到哪天"))
    opened = django.BooleanField(label=_("按受理机构查"))

    def offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        """What a select offers, after the empty choice."""
        field = self.fields[name]
        assert isinstance(field, django.ChoiceField)
        field.choices = [("", _("全部")), *choices]
