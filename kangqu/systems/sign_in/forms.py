"""The forms of signing in."""

from __future__ import annotations

from typing import Any

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.web.forms import Form, NameField, OneTimeCodeField, PasswordField, PhoneField


class PhoneForm(Form):
    phone = PhoneField(label=_("手机号"))


class CodeForm(Form):
    code = OneTimeCodeField(label=_("短信验证码"))


class NameForm(Form):
    name = NameField(label=_("姓名"))
    document = django.CharField(
        label=_("身份证号"), max_length=32, help_text=_("第一次用这个手机号登录，需要核对是本人。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["document"].widget.attrs.update({"autocomplete": "off", "data-private": "", "spellcheck": "false"})


class StaffForm(Form):
    username = django.CharField(label=_("登录名"), max_length=60)
    password = PasswordField(label=_("密码"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.update({"autocomplete": "username", "autocapitalize": "none"})


class SecondFactorForm(Form):
    code = django.CharField(
        label=_("动态口令"), max_length=20, help_text=_("验证器上的 6 位数字；验证器丢了可用恢复码。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update({"autocomplete": "one-time-code", "data-private": ""})


class PasswordForm(Form):
    old = PasswordField(label=_("现在的密码"))
    password = PasswordField(label=_("新密码"), new=True)
    again = PasswordField(label=_("再输一次新密码"), new=True)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") != given.get("again"):
            self.add_error("again", _("两次输入的新密码不一样"))
        return given


class ChangePhoneForm(Form):
    phone = PhoneField(label=_("新手机号"))
