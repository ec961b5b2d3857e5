"""A table of coverage in the words of the page: every row says what it is, opens, and is flagged where it exceeds its denominator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.rates import OLDEST, WORDS, Band, Denominator, Measure, Rate
from kangqu.systems.vaccination.coverage.series import family_of, named
from kangqu.systems.vaccination.coverage.tables import By, Row
from kangqu.web.formats import in_english


@dataclass(frozen=True, slots=True)
class Shown:
    """One row as the table shows it. ``before``: the figure of the day it is compared with."""

    row: Row
    name: str
    before: Rate | None
    down: str
    had_href: str
    missing_href: str
    version: str

    @property
    def numerator(self) -> int | None:
        return None if self.row.rate is None else self.row.rate.numerator

    @property
    def denominator(self) -> int | None:
        return None if self.row.rate is None else self.row.rate.denominator

    @property
    def missing(self) -> int | None:
        """How many are missing; none is said where the denominator is a number from outside."""
        rate = self.row.rate
        if rate is None or self.row.asked.denominator is Denominator.TARGET:
            return None
        return rate.denominator - rate.numerator

    @property
    def over(self) -> bool:
        return self.row.rate is not None and self.row.rate.over

    @property
    def percent(self) -> str:
        return said(self.row.rate)

    @property
    def flagged(self) -> str:
        """The rate with a word where it exceeds 100 %."""
        return _("%(percent)s 超过 100%%") % {"percent": self.percent} if self.over else self.percent

    @property
    def change(self) -> str:
        """The change in points since the other day."""
        now, then = self.row.rate, self.before
        if now is None or then is None or now.percent is None or then.percent is None:
            return ""
        points: Decimal = now.percent - then.percent
        return f"{points:+.2f}"


def said(rate: Rate | None) -> str:
    """``95.71 %``; a dash where there is nobody or no target number."""
    return "—" if rate is None or rate.percent is None else f"{rate.percent} %"


def shown(rows: Sequence[Row], before: Sequence[Row], by: By, query: dict[str, str], place: str) -> list[Shown]:
    """The rows for the page; ``query`` is what the address says, ``place`` the name of the region."""
    earlier = {_same(each): each.rate for each in before}
    return [_shown(each, by, query, place, earlier.get(_same(each))) for each in rows]


def _same(row: Row) -> Any:
    asked = row.asked
    return row.total, row.key, row.name, asked.band, asked.measure, asked.number, asked.only


def _shown(row: Row, by: By, query: dict[str, str], place: str, before: Rate | None) -> Shown:
    asked, keeper = row.asked, row.key if by is By.INSTITUTION and not row.total else ""
    told = address_of(asked, query) | ({"keeper": keeper or "none"} if asked.only is not None else {})
    people = reverse("vaccination-coverage-people")
    down = ""
    if by is By.REGION and not row.total and row.key and len(row.key) < 12:
        down = f"{reverse('vaccination-coverage')}?{urlencode(query | {'region': row.key})}"
    family = family_of(asked.programme, asked.series)
    version = family.on(asked.day).label if family is not None else ""
    name = _name(row, by, place)
    return Shown(
        row, name, before, down, f"{people}?{urlencode(told)}", f"{people}?{urlencode(told | {'missing': '1'})}", version
    )  # fmt: skip


def _name(row: Row, by: By, place: str) -> str:
    if row.total:
        return _("%(place)s合计") % {"place": place}
    if by is By.AGE:
        return band_words(row.asked.band)
    if by is By.DOSE:
        return measure_words(row.asked)
    if by is By.INSTITUTION:
        return row.name or _("没有机构建档")
    return row.name if row.key else _("没有登记到下一级")


def address_of(asked: Question, query: dict[str, str]) -> dict[str, str]:
    """The question of one row as an address says it."""
    what = {Measure.FULL: "full", Measure.BOOSTER: "booster"}.get(asked.measure, str(asked.number))
    told = query | {
        "series": f"{asked.programme}:{asked.series}", "what": what, "as_of": asked.day.isoformat(), "region": asked.region,
        "from_age": str(asked.band.least), "to_age": str(asked.band.most),
    }  # fmt: skip
    if asked.cut_off is not None:
        told |= {"cut_off": asked.cut_off.isoformat()}
    else:
        told.pop("cut_off", None)
    return {name: value for name, value in told.items() if name not in ("by", "compare")}


def band_words(band: Band) -> str:
    if band.least == band.most:
        return _("%(age)d 周岁") % {"age": band.least}
    if band.most == OLDEST:
        return _("%(age)d 周岁以上") % {"age": band.least} if band.least else _("所有年龄")
    return _("%(least)d–%(most)d 周岁") % {"least": band.least, "most": band.most}


def measure_words(asked: Question) -> str:
    if asked.measure is Measure.FULL:
        return _("完成全程")
    if asked.measure is Measure.BOOSTER:
        return _("加强")
    return _("第 %(number)d 剂") % {"number": asked.number}


def sentence(asked: Question, place: str) -> str:
    """What a figure is, in one line."""
    family = family_of(asked.programme, asked.series)
    parts = [
        place,
        named(family, in_english()) if family is not None else asked.series,
        measure_words(asked),
        band_words(asked.band),
    ]
    if asked.sex:
        parts.append(_("男") if asked.sex == "1" else _("女"))
    if asked.timely:
        parts.append(_("只算及时接种的"))
    if asked.cut_off is not None:
        parts.append(_("%(day)s 前完成全程") % {"day": asked.cut_off.isoformat()})
    return " · ".join(parts)


def denominator_words(denominator: Denominator) -> str:
    zh, en = WORDS[denominator]
    return en if in_english() else zh
