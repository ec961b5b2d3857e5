"""The pages of signing in, and of one's own account."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kangqu.kernel.access.accounts import account_numbered, change_password
from kangqu.kernel.access.events import events_of, take_unheard
from kangqu.kernel.access.operations import EVERY_ROLE, STAFF_ROLES, Reach, operation
from kangqu.kernel.access.phone_codes import accounts_of_phone, bind_resident, use_phone_code
from kangqu.kernel.access.residents import reach_of
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    has_second_factor,
    pending_secret,
    use_code,
)
from kangqu.kernel.access.sign_ins import alive_sign_ins, end_sign_in, prove_password
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import SIGN_IN, Refused
from kangqu.systems.sign_in import forms
from kangqu.systems.sign_in.actions import ask_change_code, ask_own_code, ask_sign_in_code, move_phone
from kangqu.systems.sign_in.sessions import (
    actor_of,
    begin,
    pending_account,
    remember,
    remembered,
    stepped_up,
    way_on,
)
from kangqu.systems.sign_in.who import first_page
from kangqu.web.asking import ask
from kangqu.web.formats import show_datetime
from kangqu.web.forms import Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves, viewer_of

SIGN_IN_PAGE = operation("sign_in.page", "登录", "Sign in", reach=Reach.PUBLIC)
SIGN_OUT = operation("sign_in.out", "退出", "Sign out", roles=EVERY_ROLE, reach=Reach.SELF, unready=True)
ACCOUNT = operation("account.own", "我的账号", "My account", roles=EVERY_ROLE, reach=Reach.SELF, unready=True)
PASSWORD = operation(
    "account.password", "修改密码", "Change password", roles=STAFF_ROLES, reach=Reach.SELF, unready=True
)
SECOND_FACTOR = operation(
    "account.second_factor", "动态口令", "One-time codes", roles=STAFF_ROLES, reach=Reach.SELF, unready=True
)
STEP_UP_PAGE = operation(
    "account.step_up", "再确认是本人", "Prove it is you once more", roles=EVERY_ROLE, reach=Reach.SELF, unready=True
)
PHONE = operation(
    "account.phone",
    "更换手机号",
    "Change phone",
    roles={Role.RESIDENT},
    reach=Reach.SELF,
    purpose=Purpose.SELF,
    step_up=True,
)

RNG: Final = random.SystemRandom()
"""Where the codes and passwords of this product come from."""


def _asked(
    request: HttpRequest, form: Form, template: str, done: Callable[[dict[str, Any]], HttpResponse], **facts: Any
) -> HttpResponse:
    """The form of one step; no browser or proxy keeps it."""
    response = ask(request, form, done, template=f"sign_in/{template}.html", next=way_on(request, ""), **facts)
    response["Cache-Control"] = "no-store"
    return response


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _with_next(request: HttpRequest, where: str) -> HttpResponse:
    wanted = way_on(request, "")
    return redirect(f"{where}?{urlencode({'next': wanted})}" if wanted else where)


def _in(request: HttpRequest) -> HttpResponse:
    return redirect(way_on(request, first_page(viewer_of(request))))


def _tell_news(request: HttpRequest, account_id: int) -> None:
    """What happened to the account since its holder was last told."""
    for event in take_unheard(account_id, at=instant_of(request)):
        told = _("%(when)s，您的账号%(what)s。如不是您所为，请告诉本单位管理员。")
        messages.warning(request, told % {"when": show_datetime(event.at), "what": event.get_kind_display()})


@serves(SIGN_IN_PAGE)
def front_door(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The city's bare address: whoever is signed in goes to where they begin, everybody else to the sign-in."""
    return redirect(first_page(viewer) if viewer.signed_in else "/sign-in")


# Residents: phone, code, who it is


@serves(SIGN_IN_PAGE)
def by_phone(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def send(given: dict[str, Any]) -> HttpResponse:
        language = get_language() or "zh-hans"
        bound = secrets.token_urlsafe(16)
        shown = ask_sign_in_code(
            given["phone"], by=viewer.actor(), at=instant_of(request), rng=RNG, bound=bound, language=language
        )
        remember(request, asked=given["phone"], shown=shown, bound=bound)
        return _with_next(request, "/sign-in/code")

    return _asked(request, forms.PhoneForm(_data(request)), "phone", send, demo=settings.KANGQU_DEMO)


@serves(SIGN_IN_PAGE)
def code_of_phone(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def check(given: dict[str, Any]) -> HttpResponse:
        asked = remembered(request, "asked")
        bound = remembered(request, "bound")
        number = use_phone_code(asked, given["code"], purpose="sign_in", at=instant_of(request), bound=bound)
        remember(request, phone=number)
        return _who(request)

    shown = remembered(request, "shown")
    return _asked(request, forms.CodeForm(_data(request)), "code", check, shown=shown, demo=settings.KANGQU_DEMO)


def _who(request: HttpRequest) -> HttpResponse:
    """One account of this phone signs in; several are asked which; none is asked for a name."""
    members = accounts_of_phone(remembered(request, "phone"), at=instant_of(request))
    if len(members) == 1 and not members[0].needs_proof:
        begin(request, actor_of(request), account_numbered(members[0].account_id), stepped_up=True)
        return _in(request)
    return _with_next(request, "/sign-in/who" if members else "/sign-in/name")


@serves(SIGN_IN_PAGE)
def which_of_the_family(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    members = accounts_of_phone(remembered(request, "phone"), at=instant_of(request))
    if request.method == "POST":
        chosen = [each for each in members if str(each.account_id) == request.POST.get("who")]
        if chosen and not chosen[0].needs_proof:
            begin(request, viewer.actor(), account_numbered(chosen[0].account_id), stepped_up=True)
            return _in(request)
        return _with_next(request, "/sign-in/name")
    return render(request, "sign_in/who.html", {"members": members, "next": way_on(request, "")})


@serves(SIGN_IN_PAGE)
def by_name(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    number = remembered(request, "phone")

    def bind(given: dict[str, Any]) -> HttpResponse:
        at = instant_of(request)
        account = bind_resident(number, name=given["name"], document=given["document"], by=viewer.actor(), at=at)
        begin(request, viewer.actor(), account, stepped_up=True)
        return _in(request)

    return _asked(request, forms.NameForm(_data(request)), "name", bind)


# Staff: password, one-time code


@serves(SIGN_IN_PAGE)
def by_password(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def prove(given: dict[str, Any]) -> HttpResponse:
        account = prove_password(given["username"], given["password"], by=viewer.actor(), at=instant_of(request))
        if has_second_factor(account):
            remember(request, account=account.pk)
            return _with_next(request, "/sign-in/staff/code")
        begin(request, viewer.actor(), account, stepped_up=False)
        _tell_news(request, account.pk)
        return _in(request)

    return _asked(request, forms.StaffForm(_data(request)), "staff", prove)


@serves(SIGN_IN_PAGE)
def code_of_staff(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    account = pending_account(request)

    def check(given: dict[str, Any]) -> HttpResponse:
        use_code(account, given["code"], by=viewer.actor(), at=instant_of(request))
        begin(request, viewer.actor(), account, stepped_up=True)
        _tell_news(request, account.pk)
        return _in(request)

    return _asked(
        request, forms.SecondFactorForm(_data(request)), "second_factor_code", check, demo=settings.KANGQU_DEMO
    )


@serves(SIGN_OUT)
def sign_out(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    if request.method != "POST":
        return render(request, "sign_in/out.html", {})
    if viewer.sign_in_id is not None and viewer.account_id is not None:
        end_sign_in(viewer.sign_in_id, account_id=viewer.account_id, by=viewer.actor(), at=instant_of(request))
    request.session.flush()
    return redirect("/sign-in")


# One's own account


@serves(ACCOUNT)
def own_account(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    if viewer.is_resident:
        return redirect("/h/me")
    shown = {
        "sign_ins": alive_sign_ins(viewer.account_id or 0),
        "events": events_of(viewer.account_id or 0),
        "viewer": viewer,
        "enrolled": has_second_factor(account_numbered(viewer.account_id or 0)),
    }
    return render(request, "sign_in/account.html", shown)


@serves(ACCOUNT)
def end_one(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    if request.method == "POST":
        end_sign_in(number, account_id=viewer.account_id or 0, by=viewer.actor(), at=instant_of(request))
        messages.success(request, _("已结束这次登录"))
    return redirect("/account")


@serves(PASSWORD)
def password(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def change(given: dict[str, Any]) -> HttpResponse:
        change_password(viewer=viewer, old=given["old"], new=given["password"], at=instant_of(request))
        messages.success(request, _("密码已修改，其他地方的登录已结束"))
        return redirect(way_on(request, "/account"))

    return _asked(request, forms.PasswordForm(_data(request)), "password", change, due=viewer.must_change_password)


@serves(SECOND_FACTOR)
def second_factor(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    account = account_numbered(viewer.account_id or 0)
    if has_second_factor(account):
        return redirect("/account")

    def confirm(given: dict[str, Any]) -> HttpResponse:
        codes = confirm_enrolment(account, given["code"], by=viewer.actor(), at=instant_of(request), rng=RNG)
        stepped_up(request, viewer)
        response = render(request, "sign_in/recovery.html", {"codes": codes, "next": way_on(request, "/account")})
        response["Cache-Control"] = "no-store"
        return response

    secret, uri = pending_secret(account) or begin_enrolment(account, entropy=secrets.token_bytes)
    form = forms.SecondFactorForm(_data(request))
    return _asked(request, form, "second_factor", confirm, secret=secret, uri=uri)


@serves(STEP_UP_PAGE)
def step_up_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Staff show the second factor again; residents prove the phone they sign in with."""
    if viewer.is_resident:
        return _send_to_own_phone(request, viewer)

    def check(given: dict[str, Any]) -> HttpResponse:
        use_code(account_numbered(viewer.account_id or 0), given["code"], by=viewer.actor(), at=instant_of(request))
        stepped_up(request, viewer)
        return redirect(way_on(request, first_page(viewer)))

    return _asked(request, forms.SecondFactorForm(_data(request)), "step_up", check, demo=settings.KANGQU_DEMO)


def _send_to_own_phone(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    reached = reach_of(viewer.person_id or 0)
    if reached is None:
        raise Refused(SIGN_IN)

    def send(given: dict[str, Any]) -> HttpResponse:
        bound = secrets.token_urlsafe(16)
        language = get_language() or "zh-hans"
        shown = ask_own_code(
            reached.phone, by=viewer.actor(), at=instant_of(request), rng=RNG, bound=bound, language=language
        )
        remember(request, asked=reached.phone, shown=shown, bound=bound)
        return _with_next(request, "/account/step-up/code")

    return _asked(request, Form(_data(request)), "own_phone", send, shown=reached.shown)


@serves(STEP_UP_PAGE)
def step_up_code(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The code that was sent to the resident's own phone."""
    try:
        asked, shown = remembered(request, "asked"), remembered(request, "shown")
    except Refused:
        return _with_next(request, "/account/step-up")

    def check(given: dict[str, Any]) -> HttpResponse:
        bound = remembered(request, "bound")
        use_phone_code(asked, given["code"], purpose="step_up", at=instant_of(request), bound=bound)
        stepped_up(request, viewer)
        return redirect(way_on(request, first_page(viewer)))

    again = "/account/step-up"
    form = forms.CodeForm(_data(request))
    return _asked(request, form, "own_code", check, shown=shown, again=again, demo=settings.KANGQU_DEMO)


@serves(PHONE)
def change_phone(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    def send(given: dict[str, Any]) -> HttpResponse:
        bound = secrets.token_urlsafe(16)
        language = get_language() or "zh-hans"
        shown = ask_change_code(
            given["phone"], by=viewer.actor(), at=instant_of(request), rng=RNG, bound=bound, language=language
        )
        remember(request, asked=given["phone"], shown=shown, bound=bound)
        return redirect("account-phone-code")

    return _asked(request, forms.ChangePhoneForm(_data(request)), "change_phone", send)


@serves(PHONE)
def change_phone_code(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    try:
        asked, shown = remembered(request, "asked"), remembered(request, "shown")
    except Refused:
        return redirect("account-phone")

    def move(given: dict[str, Any]) -> HttpResponse:
        bound = remembered(request, "bound")
        move_phone(viewer, phone=asked, code=given["code"], bound=bound, at=instant_of(request))
        messages.success(request, _("登录手机号已更换，旧手机号会收到短信"))
        return redirect("/h/me")

    again = reverse("account-phone")
    form = forms.CodeForm(_data(request))
    return _asked(request, form, "own_code", move, shown=shown, again=again, demo=settings.KANGQU_DEMO)


urlpatterns = [
    path("", front_door, name="front-door"),
    path("sign-in", by_phone, name="sign-in"),
    path("sign-in/code", code_of_phone, name="sign-in-code"),
    path("sign-in/who", which_of_the_family, name="sign-in-who"),
    path("sign-in/name", by_name, name="sign-in-name"),
    path("sign-in/staff", by_password, name="sign-in-staff"),
    path("sign-in/staff/code", code_of_staff, name="sign-in-staff-code"),
    path("sign-out", sign_out, name="sign-out"),
    path("account", own_account, name="account"),
    path("account/sign-ins/<int:number>/end", end_one, name="account-end-sign-in"),
    path("account/password", password, name="account-password"),
    path("account/second-factor", second_factor, name="account-second-factor"),
    path("account/step-up", step_up_page, name="account-step-up"),
    path("account/step-up/code", step_up_code, name="account-step-up-code"),
    path("h/me/phone", change_phone, name="account-phone"),
    path("h/me/phone/code", change_phone_code, name="account-phone-code"),
]
