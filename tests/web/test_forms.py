"""Fields read what people type, and say in words what is wrong."""

from __future__ import annotations

import pytest
from django import forms as django
from django.core.exceptions import ValidationError
from django.utils.translation import override

from kangqu.kernel.basis.refusals import NOT_YOURS, STALE, Refused
from kangqu.web import forms

GOOD = "11010519491231002X"  # the example of GB 11643-1999


@pytest.mark.parametrize(
    "typed", [GOOD, GOOD.lower(), "110105 19491231 002X", "１１０１０５１９４９１２３１００２Ｘ", f"  {GOOD} "]
)
def test_id_number_is_read(typed: str) -> None:
    assert forms.IdNumberField().clean(typed) == GOOD


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "请填写"),
        ("11010519491231002", "18 位，现在是 17 位"),
        (GOOD + "1", "现在是 19 位"),
        ("110105194912310021", "最后一位对不上"),
        ("110105194913310026", "出生日期"),
        ("1101051949123100AX", "只能是数字"),
        ("110105194912٣1002X", "只能是数字"),
        ("1" * 5000, ""),
        ("110105\x0019491231002X", ""),
    ],
)
def test_id_number_is_refused(typed: str, says: str) -> None:
    class Page(forms.Form):
        number = forms.IdNumberField()

    page = Page({"number": typed})
    assert not page.is_valid()
    assert says in page.errors["number"][0]


@pytest.mark.parametrize("name", ["王秀兰", "𠮷田·阿卜杜勒", "䶮㛃𬭎", "O’Brien-Smith", "买买提·吐尔逊"])
def test_names_of_every_script(name: str) -> None:
    assert forms.NameField().clean(f" {name} ") == name


@pytest.mark.parametrize("name", ["王\x00兰", "王\u200b兰", "\u202e王兰", "王" * 101, "   "])
def test_names_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        forms.NameField().clean(name)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("138 0000 0001", "+8613800000001"), ("１３８０００００００１", "+8613800000001"), ("+44 20 7946 0958", "+442079460958")],
)  # fmt: skip
def test_phones_read(typed: str, number: str) -> None:
    assert forms.PhoneField().clean(typed) == number


@pytest.mark.parametrize("typed", ["123", "1380000000", "手机", "+", "1" * 33, "138\x0000000001"])
def test_phones_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        forms.PhoneField().clean(typed)


def test_date_bounds() -> None:
    day = forms.DateField()
    assert day.clean("20261122") == day.clean("2026-11-22") == day.clean("2026/11/22")
    for wrong in ("2026-02-30", "9999-12-31", "0001-01-01", "1e9", "2026-11-22T00:00"):
        with pytest.raises(ValidationError):
            day.clean(wrong)


def test_one_time_code() -> None:
    assert forms.OneTimeCodeField().clean("１２３ 456") == "123456"
    for wrong in ("12", "abcdef", "123456789", "12\x003456"):
        with pytest.raises(ValidationError):
            forms.OneTimeCodeField().clean(wrong)


class Visit(forms.Form):
    name = forms.NameField()
    consent = django.BooleanField(label="同意")
    kind = forms.ChoiceField(label="类别", choices=[("a", "甲"), ("b", "乙")])


def test_required_says_what_to_do() -> None:
    page = Visit({})
    assert {name: page.errors[name][0] for name in page.errors} == {
        "name": "请填写姓名", "consent": "请勾选「同意」", "kind": "请选择类别",
    }  # fmt: skip
    with override("en"):
        assert Visit({}).errors["name"][0] == "Fill in: Name"


def test_refusals_land_on_their_field() -> None:
    page = Visit({"name": "王秀兰", "consent": "on", "kind": "a"})
    assert page.is_valid()
    page.refuse(Refused(STALE, field="name"), "zh-hans")
    page.refuse(Refused(NOT_YOURS, field="elsewhere"), "zh-hans")
    assert page.errors["name"] == ["别人刚改过，请核对后再存。（KQ-1008）"]
    assert page.non_field_errors() == ["您的岗位不能办这件事。（KQ-1002）"]


def test_choices_wear_the_fitting_dress() -> None:
    page = Visit()
    assert forms.kind(page["kind"]) == "seg"
    assert forms.kind(page["consent"]) == "check"
    many = forms.ChoiceField(choices=[(str(n), str(n)) for n in range(5)])
    assert isinstance(many.widget, django.Select)
