"""The administrative divisions shipped with Kangqu, and what can be said of a code without a database.

``data/divisions.csv`` holds every province (2 digits), city (4) and county (6) of China and the townships (9) of Zibo,
Jinan and Liaocheng: statistics codes of the National Bureau of Statistics as of 2023-06-30 (mark V), from
modood/Administrative-divisions-of-China, WTFPL. Villages (12) are not published there: they are generated, the same
every time, and say so. ``data/historic.csv`` holds the codes of the three cities that were in force once;
``data/zones.csv`` the functional zones without a GB/T 2260 code and the county that reports for them.
"""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from stdnum import numdb

from kangqu.kernel.rules.source import Mark

LENGTHS: Final = (2, 4, 6, 9, 12)
CITIES: Final = {"3703": "淄博市", "3701": "济南市", "3715": "聊城市"}


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A division as it is loaded. ``reports_under`` is the county that counts for a functional zone."""

    code: str
    name: str
    mark: Mark = Mark.SEEN
    generated: bool = False
    reports_under: str = ""


@dataclass(frozen=True, slots=True)
class HistoricCode:
    """A code that was in force from ``from_year`` (None: before records) to ``to_year`` (None: still printed)."""

    code: str
    name: str
    from_year: int | None
    to_year: int | None
    successor: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class KnownCode:
    """What is known of a six-digit code: its name, whether it is in force, and its successor if it has one."""

    code: str
    name: str
    current: bool
    successor: str = ""


def parent_code(code: str) -> str:
    """The code of the division above; empty for a province. ``ValueError`` when no division has this length."""
    place = LENGTHS.index(len(code))
    return code[: LENGTHS[place - 1]] if place else ""


def table(name: str) -> list[dict[str, str]]:
    """The rows of a data file of this package."""
    text = files("kangqu.kernel.places").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@lru_cache(maxsize=1)
def _published() -> tuple[RegionRow, ...]:
    zones = {row["code"]: row for row in table("zones.csv")}
    rows = [
        RegionRow(row["code"], row["name"], reports_under=zones.get(row["code"], {}).get("reports_under", ""))
        for row in table("divisions.csv")
    ]
    known = {row.code for row in rows}
    rows += [
        RegionRow(code, zone["name"], Mark(zone["mark"]), reports_under=zone["reports_under"])
        for code, zone in zones.items()
        if code not in known
    ]
    return tuple(sorted(rows, key=lambda row: row.code))


def national_rows() -> list[RegionRow]:
    """Every province, city and county of China."""
    return [row for row in _published() if len(row.code) <= 6]


def city_rows(cities: Iterable[str] = tuple(CITIES), *, villages: bool = True) -> list[RegionRow]:
    """The townships of ``cities`` (four-digit codes of the three) and their generated villages."""
    wanted = frozenset(cities)
    townships = [row for row in _published() if len(row.code) == 9 and row.code[:4] in wanted]
    if not villages:
        return townships
    return townships + [village for town in townships for village in villages_of(town.code)]


def historic_codes() -> list[HistoricCode]:
    """The codes of the three cities that were in force once."""
    return [
        HistoricCode(
            row["code"],
            row["name"],
            int(row["from_year"]) if row["from_year"] else None,
            int(row["to_year"]) if row["to_year"] else None,
            row["successor"],
            Mark(row["mark"]),
        )
        for row in table("historic.csv")
    ]


@lru_cache(maxsize=1)
def _current() -> dict[str, str]:
    return {row.code: row.name for row in _published() if len(row.code) == 6}


@lru_cache(maxsize=1)
def _successors() -> dict[str, HistoricCode]:
    return {code.code: code for code in historic_codes()}


@lru_cache(maxsize=4096)
def known_code(code: str) -> KnownCode | None:
    """What is known of a six-digit county code, in force or abolished; None when no table has it.

    An abolished code stays valid on the documents that carry it. Tables: the divisions above, the three cities'
    historic codes, then python-stdnum's table of all codes since GB 2260-1980.
    """
    if (name := _current().get(code)) is not None:
        return KnownCode(code, name, current=True)
    if (old := _successors().get(code)) is not None:
        return KnownCode(code, old.name, current=old.to_year is None, successor=old.successor)
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return None
    facts = {key: value for _, found in numdb.get("cn/loc").info(code) for key, value in found.items()}
    if "county" not in facts:
        return None
    return KnownCode(code, facts["county"].split(",")[-1].rpartition("]")[2], current=False)


_SURNAMES: Final = (
    "王李张刘陈杨孙赵周徐马朱胡高林郭罗宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏田任姜范方石姚谭廖"
    "邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_BEFORE: Final = ("东", "西", "南", "北", "前", "后", "大", "小", "上", "下", "中", "", "", "", "", "", "", "")
_ENDING: Final = ("家庄", "家村", "家营", "家屯", "家店", "家楼", "家坡", "家峪", "家桥", "庄", "寨", "官庄")
_FEATURE: Final = (
    "石桥",
    "龙泉",
    "柳泉",
    "河东",
    "河西",
    "台头",
    "岭子",
    "黄土崖",
    "双泉",
    "南峪",
    "北坡",
    "大桥",
    "马山",
    "牛角",
    "槐树底",
    "杏花",
    "桃园",
    "梨园",
    "枣园",
    "窑头",
    "湾头",
    "沟北",
    "井子",
    "碾头",
    "古城",
)
_STREET: Final = (
    "新华",
    "建设",
    "人民",
    "和平",
    "胜利",
    "解放",
    "文化",
    "柳泉",
    "兴学",
    "共青团",
    "工农",
    "光明",
    "朝阳",
    "幸福",
    "金晶",
    "齐园",
    "东风",
    "南苑",
    "北苑",
    "西苑",
    "东苑",
    "翠园",
    "绿洲",
    "锦绣",
    "世纪",
    "凤凰",
    "玉龙",
    "莲池",
    "洪沟",
    "黄金",
    "杏园",
    "华光",
    "明珠",
    "阳光",
    "康居",
    "泰和",
)


@lru_cache(maxsize=2048)
def villages_of(township: str) -> tuple[RegionRow, ...]:
    """The villages of a nine-digit township: made up, the same every time, marked ``generated``.

    As in the statistics codes, residents' committees (社区) are numbered from 001 and village committees (村) from
    200 (mark M). How many there are follows the kind of township (GB/T 10114: streets 001–099, towns 100–199,
    townships 200–399, others 400–), so that a city of 88 townships has about 2,900 (mark D).
    """
    rng = random.Random(hashlib.sha256(township.encode()).digest())  # noqa: S311 - names, not secrets
    kind = int(township[6:9])
    if kind < 100:
        communities, villages = rng.randint(6, 14), rng.randint(0, 14)
    elif kind < 400:
        communities, villages = rng.randint(1, 3), rng.randint(30, 58)
    else:
        communities, villages = rng.randint(1, 3), 0
    made = [
        RegionRow(f"{township}{number:03d}", name, Mark.DESIGN, generated=True)
        for number, name in enumerate(_distinct(rng, communities, _community_name), start=1)
    ]
    made += [
        RegionRow(f"{township}{number:03d}", name, Mark.DESIGN, generated=True)
        for number, name in enumerate(_distinct(rng, villages, _village_name), start=200)
    ]
    return tuple(made)


def _community_name(rng: random.Random) -> str:
    return rng.choice(_STREET) + rng.choice(("路", "园", "里", "新村", "", "")) + "社区"


def _village_name(rng: random.Random) -> str:
    if rng.random() < 0.7:
        return rng.choice(_BEFORE) + rng.choice(_SURNAMES) + rng.choice(_ENDING) + "村"
    return rng.choice(_BEFORE) + rng.choice(_FEATURE) + "村"


def _distinct(rng: random.Random, count: int, make: object) -> Iterator[str]:
    assert callable(make)
    seen: set[str] = set()
    while len(seen) < count:
        name = str(make(rng))
        if name not in seen:
            seen.add(name)
            yield name
