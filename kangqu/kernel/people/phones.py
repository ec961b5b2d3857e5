"""Phone numbers: read as E.164 (a number without a country is Chinese), sealed, masked."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import phonenumbers

from kangqu.kernel.basis.refusals import Refused, refusal
from kangqu.kernel.basis.sealing import blind, seal, unseal

PHONE_FORMAT = refusal(
    "phone_format",
    "KQ-1409",
    zh="电话号码不对：手机 11 位，固定电话要带区号。",
    en="This is not a phone number: a mobile has 11 digits, a landline needs its area code.",
)

PHONE_FIELD: Final = "people.phone"
_MOBILE: Final = re.compile("1[3-9][0-9]{9}")
# A mobile; an area code with a local number (10 or 11 digits after the trunk 0); a 400 or 800 number.
_CHINESE: Final = re.compile("\\+86(?:1[3-9][0-9]{9}|10[0-9]{8}|[2-9][0-9]{9,10})")
_LONGEST_TEXT: Final = 40


def read_phone(text: str) -> str:
    """The number in E.164 (``+8613800000000``), or ``phone_format``.

    Possible numbers pass, not only numbers of ranges already given out: ranges are opened faster than tables follow.
    """
    if _MOBILE.fullmatch(text):
        return f"+86{text}"
    if len(text) > _LONGEST_TEXT or "\0" in text:
        raise Refused(PHONE_FORMAT, field="phone")
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text).strip(), "CN")
    except phonenumbers.NumberParseException:
        raise Refused(PHONE_FORMAT, field="phone") from None
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    chinese = found.startswith("+86")
    if (chinese and not _CHINESE.fullmatch(found)) or not phonenumbers.is_possible_number(number):
        raise Refused(PHONE_FORMAT, field="phone")
    return found


def normalise_phone(text: str) -> str:
    """E.164 for look-up; an empty text, which is nobody's number, where ``text`` is not one."""
    try:
        return read_phone(text)
    except Refused:
        return ""


def phone_blind(number: str) -> bytes:
    """The blind index of an E.164 number: 16 bytes."""
    return blind(number, PHONE_FIELD)


def seal_phone(number: str) -> bytes:
    return seal(number, PHONE_FIELD)


def open_phone(sealed: bytes | memoryview) -> str:
    return unseal(sealed, PHONE_FIELD)


def mask_phone(number: str) -> str:
    """An E.164 number as it may be shown: ``138****0000``; a foreign or fixed one keeps its first and last digits."""
    national = number.removeprefix("+86")
    if _MOBILE.fullmatch(national):
        return f"{national[:3]}****{national[7:]}"
    keep = 4 if len(national) >= 10 else 3 if len(national) >= 8 else 2
    return national[:keep] + "*" * (len(national) - keep - 2) + national[-2:]
