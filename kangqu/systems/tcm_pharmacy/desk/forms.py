"""What a signature and a return ask. ``seq`` is the change the pharmacist saw last."""

from __future__ import annotations

from typing import Any

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.web.forms import ChoiceField, Form

_LONGEST = 300


class Seen(Form):
    """A form about a case as it was seen."""

    seq = django.IntegerField(min_value=1, max_value=2**31 - 1, widget=django.HiddenInput())

    @property
    def answers(self) -> dict[str, Any]:
        """What the step's own form is asked to read."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seq"}

    def stands_at(self, seq: int) -> None:
        """Be about the case as it is now: sent again, what was typed is a choice made in sight of it."""
        self.data = {name: self.data.get(name, "") for name in self.fields} | {"seq": str(seq)}


class Opinion(Seen):
    opinion = django.CharField(
        label=_("审核意见"),
        max_length=_LONGEST,
        required=False,
        widget=django.Textarea(attrs={"rows": 1, "data-key": "F2"}),
    )


class Why(Seen):
    why = django.CharField(
        label=_("双签理由"), max_length=_LONGEST, widget=django.Textarea(attrs={"rows": 1, "data-key": "F2"})
    )


class Return(Seen):
    ground = ChoiceField(label=_("退回理由"), choices=[], widget=django.Select())
    reason = django.CharField(
        label=_("具体说明"), max_length=_LONGEST, widget=django.Textarea(attrs={"rows": 3, "lang": "zh-CN"})
    )

    def __init__(self, *args: Any, grounds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = grounds  # type: ignore[attr-defined]
