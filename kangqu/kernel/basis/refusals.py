"""Refusals: every way the city says no, each with one name, one code and one sentence in two languages.

A package declares its refusals once, at import::

    WRONG_STATE = refusal("wrong_state", "KQ-1301", zh="这一步已经办过了。", en="This step has already been taken.", status=409)

and a verb raises ``Refused(WRONG_STATE)``. The page shows the sentence, the API answers
``application/problem+json`` with the code, and the help desk looks the code up in ``docs/refusals.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_CODE: Final = re.compile(r"KQ-\d{4}")


@dataclass(frozen=True, slots=True)
class Words:
    """A fact of a sentence that is itself said in both languages."""

    zh: str
    en: str

    def said(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way of saying no. ``zh`` and ``en`` may hold ``{fields}`` filled from the facts of the case."""

    name: str
    code: str
    zh: str
    en: str
    status: int = 422

    def sentence(self, language: str, facts: Mapping[str, object] | None = None) -> str:
        """The sentence in ``language`` ("zh…" or anything else for English), its fields filled."""
        template = self.zh if language.startswith("zh") else self.en
        said = {name: fact.said(language) if isinstance(fact, Words) else fact for name, fact in (facts or {}).items()}
        return template.format_map(said)


_BY_NAME: dict[str, Refusal] = {}
_BY_CODE: dict[str, Refusal] = {}


def refusal(name: str, code: str, *, zh: str, en: str, status: int = 422) -> Refusal:
    """Declare a refusal. A name or code used twice is a mistake in the code and stops the import."""
    declared = Refusal(name=name, code=code, zh=zh, en=en, status=status)
    if not _NAME.fullmatch(name) or not _CODE.fullmatch(code):
        raise ValueError(f"a refusal is named like wrong_state and coded like KQ-1042, not {name} {code}")
    for known in (_BY_NAME.get(name), _BY_CODE.get(code)):
        if known is not None and known != declared:
            raise ValueError(f"{name} {code} is already taken by {known.name} {known.code}")
    _BY_NAME[name] = _BY_CODE[code] = declared
    return declared


def all_refusals() -> Mapping[str, Refusal]:
    """Every refusal declared so far, by code."""
    return MappingProxyType(_BY_CODE)


class Refused(Exception):
    """The thing asked for was not done, and nothing of it was.

    ``why`` is the refusal, ``facts`` fill its sentence, ``field`` names the input at fault, if one is.
    """

    def __init__(self, why: Refusal, *, field: str | None = None, **facts: object) -> None:
        super().__init__(f"{why.code} {why.name}")
        self.why = why
        self.field = field
        self.facts = facts

    def sentence(self, language: str) -> str:
        return self.why.sentence(language, self.facts)


# What every part of the house may say. Codes KQ-10xx belong to basis.
NOT_FOUND = refusal(
    "not_found", "KQ-1001", zh="没有找到，或者您不能查看。", en="Not found, or not open to you.", status=404
)
NOT_YOURS = refusal("not_yours", "KQ-1002", zh="您的岗位不能办这件事。", en="Your post may not do this.", status=403)
SIGN_IN = refusal("sign_in", "KQ-1003", zh="请先登录。", en="Please sign in first.", status=401)
TOO_MANY = refusal(
    "too_many",
    "KQ-1004",
    zh="操作太频繁，请 {seconds} 秒后再试。",
    en="Too many attempts: try again in {seconds} seconds.",
    status=429,
)
BAD_INPUT = refusal("bad_input", "KQ-1005", zh="填写的内容有误：{detail}", en="The input is not valid: {detail}")
KEY_REUSED = refusal(
    "key_reused", "KQ-1006", zh="这个编号已用于另一件事。", en="This key was used for something else.", status=409
)
TOO_LARGE = refusal("too_large", "KQ-1007", zh="内容太大，最多 {limit}。", en="Too large: at most {limit}.", status=413)
STALE = refusal(
    "stale",
    "KQ-1008",
    zh="别人刚改过，请核对后再存。",
    en="Somebody changed this meanwhile: compare, then save again.",
    status=409,
)
KEY_NEEDED = refusal(
    "key_needed", "KQ-1009", zh="写入请求要带 Idempotency-Key。", en="A write needs an Idempotency-Key.", status=400
)
