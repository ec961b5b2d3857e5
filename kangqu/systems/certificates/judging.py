"""A certificate judged here, where the city's own keys and lists are at hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.certificates.keys import POLICIES, published_keys, published_list
from kangqu.kernel.certificates.kinds import Line, told
from kangqu.kernel.certificates.verifying import WORDS, Trust, Verdict, Word, verify


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict in words, and what is certified where the signature holds."""

    verdict: Verdict
    lines: list[Line]

    @property
    def good(self) -> bool:
        return self.verdict.word is Word.VALID

    def sentence(self, *, english: bool) -> str:
        return WORDS[self.verdict.word][english]


def lists_good_for(at: datetime) -> timedelta:
    """How long a list of revocations may be used offline."""
    return timedelta(hours=int(POLICIES.value("certificates.list_hours", on=city_day(at))))


def judge(text: str, at: datetime) -> Judged:
    """Judge what was scanned or pasted. Never raises."""
    keys = published_keys()
    lists = {key["kid"]: published_list(key["kid"], at) for key in keys["keys"]}
    verdict = verify(text, Trust(keys, lists, lists_good_for(at)), at)
    return Judged(verdict, told(verdict.entries))
