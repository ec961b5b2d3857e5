"""Passwords: what a new one must be, how one is made for a first sign-in, how one is changed."""

from __future__ import annotations

import random
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator

from kangqu.kernel.access import policy
from kangqu.kernel.access.models import Account, FormerPassword, Grant
from kangqu.kernel.access.roles import ADMIN_ROLES
from kangqu.kernel.basis.refusals import Refused, refusal

PASSWORD_SHORT = refusal(
    "password_short", "KQ-1730", zh="密码至少 {length} 位。", en="A password has at least {length} characters."
)
PASSWORD_PLAIN = refusal(
    "password_plain",
    "KQ-1731",
    zh="密码要包含大写字母、小写字母、数字、其他符号中的至少 {classes} 类。",
    en="A password has at least {classes} of: capital letters, small letters, digits, other signs.",
)
PASSWORD_COMMON = refusal(
    "password_common", "KQ-1732", zh="这个密码太常见，请换一个。", en="This password is too common: choose another."
)
PASSWORD_SELF = refusal(
    "password_self",
    "KQ-1733",
    zh="密码里不能有登录名或手机号。",
    en="A password may not contain the user name or the phone number.",
)
PASSWORD_OLD = refusal(
    "password_old",
    "KQ-1734",
    zh="不能再用最近 {count} 次用过的密码。",
    en="The last {count} passwords may not be used again.",
)

LONGEST: Final = 128
# Read aloud and typed once: no letters that look like another.
_CLASSES: Final = ("abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKMNPQRSTUVWXYZ", "23456789", "-+=#%")


@lru_cache(maxsize=1)
def _common() -> CommonPasswordValidator:
    """The 20,000 most common passwords, as Django keeps them."""
    return CommonPasswordValidator()


def first_password(rng: random.Random) -> str:
    """A one-time password for a first sign-in: 16 characters of all four classes (about 90 bits)."""
    chosen = [rng.choice(letters) for letters in _CLASSES]
    chosen += rng.choices("".join(_CLASSES), k=12)
    rng.shuffle(chosen)
    return "".join(chosen)


def check_new_password(account: Account, password: str, *, at: datetime, phone: str = "") -> None:
    """``Refused`` with the first rule a new password breaks."""
    admin = Grant.objects.filter(account=account, ends_at=None, role__in=ADMIN_ROLES).exists()
    length = policy.number("password.length_admin" if admin else "password.length", at)
    if not length <= len(password) <= LONGEST or "\x00" in password:
        raise Refused(PASSWORD_SHORT, field="password", length=length)
    classes = policy.number("password.classes", at)
    if _classes_of(password) < classes:
        raise Refused(PASSWORD_PLAIN, field="password", classes=classes)
    if password.lower().strip() in _common().passwords:
        raise Refused(PASSWORD_COMMON, field="password")
    lowered = password.casefold()
    if any(len(part) >= 3 and part.casefold() in lowered for part in (account.username, phone)):
        raise Refused(PASSWORD_SELF, field="password")
    _refuse_former(account, password, policy.number("password.history", at))


def _classes_of(password: str) -> int:
    kinds = {
        "upper" if c.isupper() else "lower" if c.islower() else "digit" if c.isdigit() else "other" for c in password
    }
    return len(kinds)


def _refuse_former(account: Account, password: str, count: int) -> None:
    former = FormerPassword.objects.filter(account=account).order_by("-set_at", "-id")[:count]
    for hashed in (account.password, *[row.hash for row in former]):
        if check_password(password, hashed):
            raise Refused(PASSWORD_OLD, field="password", count=count)


def set_password(account: Account, password: str, *, at: datetime, must_change: bool) -> None:
    """Keep the new password's hash and remember the old one. In the caller's transaction."""
    if account.has_usable_password() and account.password:
        FormerPassword.objects.create(account=account, hash=account.password, set_at=at)
    account.password = make_password(password)
    account.password_changed_at = at
    account.must_change_password = must_change
    account.save(update_fields=["password", "password_changed_at", "must_change_password"])
