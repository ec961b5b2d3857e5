"""Resident identity numbers, GB 11643-1999.

The check digit (ISO 7064 MOD 11-2) finds every single wrong digit and every transposition of neighbours. So two
different numbers that both check are two different numbers, never a slip of the pen: that is what lets a matcher
tell twins apart, whose numbers differ in the sequence alone.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from kangqu.kernel.people.documents import check_digit, to_eighteen
from kangqu.kernel.people.matching.rows import Paper

_NEW: Final = re.compile(r"[1-9]\d{16}[\dX]")
_OLD: Final = re.compile(r"[1-9]\d{14}")


def real_date(digits: str) -> bool:
    """Whether eight digits YYYYMMDD name a day of the calendar in 1800–2199."""
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit() or not "1800" <= digits[:4] <= "2199":
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def read_paper(text: str) -> tuple[str, Paper]:
    """A folded document number (upper case, letters and digits only) and how far it can be trusted.

    A fifteen-digit number comes back in its eighteen-character form: ``19`` put in, check digit added.
    """
    if not text:
        return "", Paper.NONE
    if _OLD.fullmatch(text) and real_date("19" + text[6:12]):
        return to_eighteen(text), Paper.OLD
    if _NEW.fullmatch(text):
        right = real_date(text[6:14]) and check_digit(text[:17]) == text[17]
        return text, Paper.CHECKED if right else Paper.DAMAGED
    return text, Paper.OTHER


def paper_birth(number: str) -> str:
    """The birth date inside a resident number, YYYYMMDD."""
    return number[6:14]


def paper_sex(number: str) -> str:
    """The sex inside a resident number: odd sequence M, even F."""
    return "M" if int(number[16]) % 2 else "F"
