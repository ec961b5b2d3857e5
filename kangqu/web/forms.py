"""Forms: Django's, with the fields of this city and one way to draw them (``ui.field``, ``ui.form``).

A form is declared once; it validates what arrives and draws what is asked. Words of errors name the field and say what
to do (「请填写姓名」), and nothing that holds NUL or is longer than declared reaches a verb.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Final, cast

from django import forms as django
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from stdnum.cn import ric

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.phones import read_phone

NAME_LENGTH: Final = 100
_ID_18: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
_REGION: Final = re.compile(r"(?<!\d)[0-9]{2,12}$")
_CODE: Final = re.compile(r"[0-9]{4,8}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")


class NameField(django.CharField):
    """A person's name: any script, characters outside the basic plane and the middle dots of minority names included."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("姓名"))
        options.setdefault("max_length", NAME_LENGTH)
        super().__init__(**options)
        self.widget.attrs.setdefault("autocomplete", "name")

    def clean(self, value: Any) -> Any:
        name = " ".join(super().clean(value).split())
        if _CONTROL.search(name):
            raise ValidationError(_("姓名里有看不见的字符，请重新输入"), code="control")
        return name


class IdNumberField(django.CharField):
    """A citizen's 18-character identity number: pattern, birth date and check character (GB 11643-1999).

    Spaces are allowed and dropped, full-width digits read, x becomes X. County codes are not looked up: numbers were
    given out with codes that no longer exist. Answers the number; never echoed into a draft or an address.
    """

    def __init__(self, *, birth: str = "", sex: str = "", **options: Any) -> None:
        """``birth`` and ``sex`` name the fields kq.js fills from the number."""
        options.setdefault("label", _("身份证号"))
        options["max_length"] = 32
        super().__init__(**options)
        self.widget.attrs.update(
            {"data-idno": "", "data-private": "", "autocomplete": "off", "inputmode": "text", "spellcheck": "false"}
        )
        if birth:
            self.widget.attrs["data-birth"] = birth
        if sex:
            self.widget.attrs["data-sex"] = sex

    def clean(self, value: Any) -> Any:
        given = super().clean(value)
        number = "".join(given.translate(_HALF_WIDTH).split()).upper()
        if not number:
            return number
        if len(number) != 18:
            raise ValidationError(
                _("身份证号应为 18 位，现在是 %(count)d 位"), code="length", params={"count": len(number)}
            )
        if not _ID_18.fullmatch(number):
            raise ValidationError(_("身份证号只能是数字，最后一位可以是 X"), code="pattern")
        try:
            date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        except ValueError:
            raise ValidationError(_("身份证号里的出生日期不对，请核对第 7 到 14 位"), code="birth") from None
        if ric.calc_check_digit(number) != number[-1]:
            raise ValidationError(_("身份证号最后一位对不上，请逐位核对"), code="check")
        return number


_HALF_WIDTH: Final = {**{0xFF10 + n: ord("0") + n for n in range(10)}, ord("Ｘ"): "X", ord("ｘ"): "X"}


class PhoneField(django.CharField):
    """A phone number: mainland mobile or land line, or a foreign one with its +country code. Answers E.164."""

    widget = django.TextInput(attrs={"type": "tel"})

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("手机号"))
        options["max_length"] = 32
        super().__init__(**options)
        self.widget.input_type = "tel"
        self.widget.attrs = {"inputmode": "tel", "autocomplete": "tel"}

    def clean(self, value: Any) -> Any:
        given = super().clean(value)
        if not given:
            return given
        try:
            return read_phone(given)
        except Refused:
            raise ValidationError(_("电话号码不对，手机号是 11 位数字"), code="pattern") from None


class DateField(django.DateField):
    """A day, through the browser's own date input; ``20261122`` and ``2026/11/22`` are read too."""

    def __init__(self, *, earliest: date | None = None, latest: date | None = None, **options: Any) -> None:
        options.setdefault("input_formats", ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d"])
        super().__init__(widget=django.DateInput(format="%Y-%m-%d"), **options)
        self.widget.input_type = "date"
        self.earliest, self.latest = earliest or date(1850, 1, 1), latest or date(2200, 12, 31)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is not None and not self.earliest <= day <= self.latest:
            raise ValidationError(
                _("日期应在 %(earliest)s 到 %(latest)s 之间"),
                code="range",
                params={"earliest": self.earliest.isoformat(), "latest": self.latest.isoformat()},
            )
        return day


class RegionField(django.CharField):
    """A division: one of those offered, by its name or as the list writes it, or the code of any other. Answers the code."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("选一个，或填乡镇 9 位、村居 12 位代码"))
        options["max_length"] = 80
        super().__init__(**options)
        self.offered: dict[str, str] = {}
        self.widget.attrs["autocomplete"] = "off"

    def offer(self, divisions: Iterable[tuple[str, str]]) -> None:
        """Suggest divisions: (code, name)."""
        self.offered = dict(divisions)

    @property
    def suggestions(self) -> list[str]:
        return [self.prepare_value(code) for code in self.offered]

    def prepare_value(self, value: Any) -> Any:
        return f"{self.offered[value]} {value}" if value in self.offered else value

    def clean(self, value: Any) -> Any:
        text = " ".join(super().clean(value).translate(_HALF_WIDTH).split())
        named = [code for code, name in self.offered.items() if name == text]
        found = _REGION.search(text)
        if not text or len(named) == 1:
            return named[0] if named else ""
        if found is None:
            raise ValidationError(_("请从列表里选一个，或填区划代码"), code="region")
        return found.group()


class OneTimeCodeField(django.CharField):
    """The digits of a text message or an authenticator; phones offer it from the message itself."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("验证码"))
        options["max_length"] = 16
        super().__init__(**options)
        self.widget.attrs.update(
            {"inputmode": "numeric", "autocomplete": "one-time-code", "data-private": "", "data-cls": "in-o"}
        )

    def clean(self, value: Any) -> Any:
        code = "".join(super().clean(value).translate(_HALF_WIDTH).split())
        if code and not _CODE.fullmatch(code):
            raise ValidationError(_("验证码是 4 到 8 位数字"), code="pattern")
        return code


class PasswordField(django.CharField):
    """A password. ``new`` tells password managers to offer one; the value is never sent back to the page."""

    def __init__(self, *, new: bool = False, **options: Any) -> None:
        options.setdefault("label", _("密码"))
        options.setdefault("max_length", 200)
        super().__init__(strip=False, widget=django.PasswordInput(), **options)
        self.widget.attrs.update({"autocomplete": "new-password" if new else "current-password", "data-private": ""})


class ChoiceField(django.ChoiceField):
    """One of a few: up to 4 stand side by side, more become a select."""

    def __init__(self, *, choices: Iterable[tuple[str, Any]], **options: Any) -> None:
        pairs = list(choices)
        widget = options.pop("widget", None) or (django.RadioSelect() if len(pairs) <= 4 else django.Select())
        super().__init__(choices=pairs, widget=widget, **options)


@dataclass(frozen=True, slots=True)
class Section:
    """A named group of fields on a long form."""

    key: str
    title: Any
    fields: tuple[str, ...]


@dataclass(slots=True)
class DrawnSection:
    key: str
    title: Any
    fields: list[BoundField] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        return any(bound.errors for bound in self.fields)


class Form(django.Form):
    """A form of this city. ``sections`` groups a long one; a ``Refused`` of a verb lands beside the field it names."""

    use_required_attribute = False
    sections: ClassVar[tuple[Section, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, declared in self.fields.items():
            label = declared.label or name
            chosen = isinstance(declared, django.ChoiceField | django.FileField | django.ModelChoiceField)
            words = _("请选择%(label)s") if chosen else _("请填写%(label)s")
            if isinstance(declared, django.BooleanField):
                words = _("请勾选「%(label)s」")
            declared.error_messages["required"] = cast(str, _Filled(words, label))
            if isinstance(declared, django.CharField) and declared.max_length:
                declared.widget.attrs.setdefault("maxlength", declared.max_length)

    def refuse(self, refused: Refused, language: str) -> None:
        """Put a refusal's sentence and code on the form, at its field when it names one."""
        where = refused.field if refused.field in self.fields else None
        self.add_error(where, f"{refused.sentence(language)}（{refused.why.code}）")


class _Filled:
    """「请填写姓名」, worked out in the language of the moment it is read."""

    def __init__(self, words: Any, label: Any) -> None:
        self.words, self.label = words, label

    def __str__(self) -> str:
        return str(self.words) % {"label": self.label}

    def __mod__(self, params: Mapping[str, Any]) -> str:
        return str(self)


def draft_done(response: HttpResponseBase, draft: str) -> None:
    """Tell the browser that the form kept as ``draft`` arrived, so that its copy is thrown away."""
    response.set_cookie("kq_done", draft, max_age=300, samesite="Lax")


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Any
    on: bool


def kind(bound: BoundField) -> str:
    """How the field is drawn: hidden, seg, radios, checks, check, select, textarea, or an input's type."""
    widget = bound.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, django.CheckboxSelectMultiple):
        return "checks"
    if isinstance(widget, django.RadioSelect):
        return "seg" if len(list(bound.field.choices)) <= 4 else "radios"  # type: ignore[attr-defined]
    if isinstance(widget, django.CheckboxInput):
        return "check"
    if isinstance(widget, django.Select):
        return "select"
    if isinstance(widget, django.Textarea):
        return "textarea"
    return getattr(widget, "input_type", "text")


def value(bound: BoundField) -> str:
    """The text to show in the control: what was typed, or the initial value."""
    shown = bound.field.widget.format_value(bound.value())
    return "" if shown is None else str(shown)


def choices(bound: BoundField) -> list[Choice]:
    """The choices of a select, radio or checkbox group, the chosen ones marked."""
    chosen = bound.value()
    many = chosen if isinstance(chosen, list | tuple) else [chosen]
    on = {"" if one is None else str(one) for one in many}
    return [Choice(str(key), label, str(key) in on) for key, label in bound.field.choices]  # type: ignore[attr-defined]


def suggestions(bound: BoundField) -> list[str]:
    """What a field of free text suggests."""
    return list(getattr(bound.field, "suggestions", ()))


def attrs(bound: BoundField) -> dict[str, Any]:
    """The control's own attributes, without those the macro writes."""
    skip = {"rows", "cols", "type", "id", "data-cls", "class"}
    given = {key: shown for key, shown in bound.field.widget.attrs.items() if key not in skip and shown is not None}
    if bound.field.disabled:
        given["disabled"] = "disabled"
    return given


def css_class(bound: BoundField) -> str:
    extra = bound.field.widget.attrs.get("data-cls", "")
    return f" {extra}" if extra else ""


def sections(form: django.BaseForm) -> list[DrawnSection]:
    """The form's sections with their fields; fields named in none stand in a last one."""
    declared: tuple[Section, ...] = getattr(form, "sections", ())
    left = {bound.name: bound for bound in form.visible_fields()}
    drawn = [
        DrawnSection(part.key, part.title, [left.pop(name) for name in part.fields if name in left])
        for part in declared
    ]
    if left and drawn:
        drawn.append(DrawnSection("more", _("其他"), list(left.values())))
    return drawn
