"""Blocking keys: the few equalities by which a resident is found again when no document and no phone leads there.

A key is a keyed 8-byte hash, kept in ``MatchKey`` beside the person's number. Few are stored and more are asked for:
a stored key costs every resident an index entry, a question costs one look.

====  ===================================  ==========================================================
kind  stored                               finds
====  ===================================  ==========================================================
g     sound of the given name, birth date  homophones, other characters, a changed or missing surname
s     sound of the surname, birth date,    a given name written quite differently
      sex
y     sound of the whole name, birth year  a slip in month or day; given characters exchanged
m     mother's name, birth date            newborns entered as "her daughter" before they have a name
n     sound of the whole name              only for residents without a birth date
====  ===================================  ==========================================================

Documents and phones have their own blind indexes and need no key here. Sounds are toneless, without the differences
many accents lack (zh/z, ch/c, sh/s, ng/n, n/l), and without the order of their letters, so that 王小明, 王明小 and
Wang Xiaoming share a key. A name in crossed order is found by asking for its surname as a given name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from kangqu.kernel.basis.sealing import derive
from kangqu.kernel.people.names import MIDDLE_DOT, compound_surnames, given_pinyin, name_pinyin

_NEWBORN: Final = re.compile(r"(?P<mother>.{2,4}?)[之的][大小长次三四五双]?(?:胞胎)?(?:子|女|婴|男|宝|儿).{0,3}")
_WORDS: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


@lru_cache(maxsize=1)
def _keyed() -> blake2b:
    """A hash that has taken in its key. The oldest secret's, as for blind indexes: keys that change find nobody."""
    from django.conf import settings

    return blake2b(digest_size=8, key=derive(settings.KANGQU_KEYS[min(settings.KANGQU_KEYS)], "kangqu/match-key"))


def _hashed(text: str) -> int:
    keyed = _keyed().copy()
    keyed.update(text.encode("utf-8", "replace"))
    return int.from_bytes(keyed.digest(), "big", signed=True)


@lru_cache(maxsize=1 << 17)
def sound(text: str, *, surname: bool = False) -> str:
    """What is left of a name's letters when accents, order and spelling conventions are taken away."""
    letters = name_pinyin(text) if surname else given_pinyin(text)
    merged = letters.replace("zh", "z").replace("ch", "c").replace("sh", "s").replace("ng", "n")
    return "".join(sorted(merged.replace("n", "l")))


def split_name(name: str) -> tuple[str, str]:
    """(surname, given name) of a normalised name, for keys only: a guess that errs the same way every time.

    Han names by their first character or compound surname; a name with a middle dot has no surname; of Latin names
    the first word counts as the surname.
    """
    if MIDDLE_DOT in name or len(name) == 1:
        return "", name
    if name.isascii() or " " in name:
        words = _WORDS.findall(name)
        return (words[0], "".join(words[1:])) if len(words) > 1 else ("", name)
    length = 2 if len(name) > 2 and name[:2] in compound_surnames() else 1
    return name[:length], name[length:]


def match_keys(name: str, birth_date: date | None, sex: str) -> list[int]:
    """The keys to store for a resident: normalised name, birth date or None, sex by GB/T 2261.1. Two or three."""
    return [_hashed(key) for key in _stored(name, birth_date, sex)]


def _stored(name: str, birth_date: date | None, sex: str) -> Iterator[str]:
    if birth_date is None:
        yield f"n{sound(name, surname=True)}"
        return
    day = birth_date.isoformat()
    if mother := mother_in(name):
        yield f"m{day}{sound(mother, surname=True)}"
        return
    surname, given = split_name(name)
    yield f"g{day}{sound(given)}"
    yield f"y{day[:4]}{_whole(surname, given)}"
    if surname:
        yield f"s{day}{sex}{sound(surname, surname=True)}"


def _whole(surname: str, given: str) -> str:
    return "".join(sorted(sound(surname, surname=True) + sound(given))) if surname else sound(given)


def mother_in(name: str) -> str:
    """The mother's name inside a newborn's stand-in name (王芳之女, 李娜之长子), or an empty text."""
    if "之" not in name and "的" not in name:
        return ""
    found = _NEWBORN.fullmatch(name)
    return found["mother"] if found else ""


def asked_keys(name: str, birth_date: date | None, sex: str, mother_name: str = "") -> list[int]:
    """The keys to look under for a record that may be a known resident, the most telling first."""
    return list(dict.fromkeys(_hashed(key) for key in _asked(name, birth_date, sex, mother_name)))


def _asked(name: str, birth_date: date | None, sex: str, mother_name: str) -> Iterator[str]:
    if birth_date is not None:
        surname, _ = split_name(name)
        yield from _stored(name, birth_date, sex)
        day = birth_date.isoformat()
        if surname:
            yield f"g{day}{sound(surname)}"  # crossed order
        if surname and sex not in ("1", "2"):
            yield from (f"s{day}{either}{sound(surname, surname=True)}" for either in "12")
        elif surname:
            yield from (f"s{day}{unsaid}{sound(surname, surname=True)}" for unsaid in "09")
        for mother in filter(None, {mother_in(name), mother_name}):
            yield f"m{day}{sound(mother, surname=True)}"
    yield f"n{sound(name, surname=True)}"
