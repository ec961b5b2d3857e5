"""A made city on paper: households with twins, shared telephones and newborns, written down more than once, with errors.

Every person is made up. The generator knows who is who; the matcher is handed the rows alone. Nothing here is read
from the matcher's own tables: its homophones, look-alikes and traditional writings are listed again below.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from kangqu.kernel.people.documents import check_digit

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石"
    "姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段单仇查解翟区盖亓逯"
)
COMPOUND = ("欧阳", "司马", "诸葛", "尉迟", "上官")
MEN = (
    "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢峰建国志文海东永成家豪子轩浩然天佑博思睿泽嘉铭一诺梓"
    "昊晨启航立德庆祥福贵春生光耀振兴维民新宏亮学义"
)
WOMEN = (
    "芳娜敏静丽艳娟霞秀玲桂英兰红梅燕萍丹雪琳倩颖婷慧莉洁玉珍凤云莲娇欣怡佳雯思涵诗梓萱可馨语嫣若曦雨桐依一诺淑贞素巧春花香"
    "爱华小月晓青瑶璐彤冰清文晶"
)
HOMOPHONES = (
    "伟玮炜纬", "强墙", "磊垒", "军君均钧", "洋阳扬", "杰洁捷", "涛韬", "明铭鸣", "超朝", "刚钢", "平萍屏", "辉晖徽", "鹏朋", "飞菲霏",
    "鑫欣新馨", "波博", "斌彬宾", "宇雨羽", "浩昊皓", "凯恺", "健建", "俊峻骏", "宁凝", "峰锋枫", "芳方", "娜那", "敏闵", "静靖婧竞",
    "丽莉俐", "艳燕雁", "娟涓", "霞遐", "秀绣", "玲铃灵", "英瑛莹", "兰岚澜", "红宏虹", "梅媚玫", "琳霖林", "倩茜", "颖影", "婷庭廷",
    "慧惠卉", "珍贞真", "凤奉", "莲怜连", "怡宜仪", "佳嘉家", "雯文", "涵寒晗", "诗施", "梓紫子", "萱轩宣", "嫣烟", "若弱", "曦希熙",
    "桐彤童", "依伊一", "淑舒", "瑶遥", "璐露路", "志智", "海亥", "永勇咏", "成诚城", "豪毫", "然燃", "佑祐", "思斯", "睿锐瑞", "泽则",
    "晨辰", "航杭", "德得", "庆磬", "祥翔详", "福幅", "贵桂", "生声升", "光广", "耀曜", "振震", "兴幸", "维唯惟", "学雪", "义艺毅",
)  # fmt: skip
LOOK_ALIKES = (
    "洋详", "鹏朋", "宇字", "浩皓", "俊峻", "帅师", "宁字", "明朋", "敏繁", "玲铃", "兰三", "梅海", "莉利", "云去", "欣欧",
    "诗待", "曦羲", "雨两", "花化", "晓骁", "晶品", "清情", "晨辰", "航杭", "未末", "生主", "光先", "民氏", "亮亭", "学字", "文父", "博搏",
    "思恩", "铭名", "启后", "祥详", "福副", "贵责", "贞负", "素索", "巧功", "珍诊", "琳淋", "颖颍", "婷停", "倩清", "慧彗", "静净",
)  # fmt: skip
TRADITIONAL = dict(
    zip(
        "张刘陈杨赵黄吴孙马罗郑谢韩冯萧邓许吕苏卢蒋贾叶阎谭邹陆龙万单国军伟强东华丽艳兰凤云莲红玲静颖晓瑶庆贵杰涛刚辉鹏飞宁欢"
        "泽启兴维学义亮娇诗语铭",
        "張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻譚鄒陸龍萬單國軍偉強東華麗艷蘭鳳雲蓮紅玲靜穎曉瑤慶貴傑濤剛輝鵬飛寧歡"
        "澤啟興維學義亮嬌詩語銘",
        strict=True,
    )
) | {"吉": "𠮷", "高": "髙", "峰": "峯"}
ROADS = (
    "人民路", "柳泉路", "共青团西路", "华光路", "新村西路", "世纪路", "西六路", "中心路", "般阳路", "松龄东路", "淄城路", "临淄大道",
    "闻韶路", "桓公路", "齐都路", "稷下路", "丝绸路", "正阳路", "米山路", "青年路", "机场路", "保定街", "太平街", "城中街", "颜山大道",
    "沿河东路", "建设一路", "中润大道", "北京路", "上海路",
)  # fmt: skip
DISTRICTS = (
    ("370302", "淄川区"), ("370303", "张店区"), ("370304", "博山区"), ("370305", "临淄区"), ("370306", "周村区"),
    ("370321", "桓台县"), ("370322", "高青县"), ("370323", "沂源县"),
)  # fmt: skip
TODAY = date(2024, 6, 1)


@dataclass(frozen=True)
class Person:
    """One made-up person."""

    number: int
    surname: str
    given: str
    sex: str
    born: date
    district: tuple[str, str]
    house: tuple[str, int, int, int, int]
    phone: str
    paper: str
    mother: str = ""
    newborn: bool = False


@dataclass
class City:
    """The rows as written, and for each row the person it is about."""

    rows: list[dict[str, str]] = field(default_factory=list)
    people: list[int] = field(default_factory=list)

    def write(self, path: Path, *, encoding: str = "utf-8") -> None:
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(COLUMNS))
            writer.writeheader()
            writer.writerows(self.rows)


COLUMNS = ("姓名", "性别", "出生日期", "住址", "电话", "证件号码", "母亲姓名")
MAP = "name=姓名,sex=性别,birth_date=出生日期,address=住址,phone=电话,identifier=证件号码,mother_name=母亲姓名"


def make_city(seed: int, rows: int = 3000, *, twins: float = 0.06, again: float = 0.45) -> City:
    """About ``rows`` rows: every person once, ``again`` of them a second time and a quarter of these a third."""
    rng = random.Random(seed)
    city, number = City(), 0
    while len(city.rows) < rows:
        for person in _household(rng, number, twins):
            number = person.number + 1
            copies = 1 + (rng.random() < again) + (rng.random() < again / 4)
            for copy in range(copies):
                city.rows.append(_written(rng, person, spoil=copy > 0 or rng.random() < 0.2))
                city.people.append(person.number)
    order = list(range(len(city.rows)))
    rng.shuffle(order)
    return City([city.rows[place] for place in order], [city.people[place] for place in order])


def _household(rng: random.Random, number: int, twins: float) -> list[Person]:
    district, road = rng.choice(DISTRICTS), rng.choice(ROADS)
    house = (
        road,
        rng.randint(1, 399),
        rng.randint(1, 30),
        rng.randint(1, 4),
        rng.choice((101, 102, 201, 301, 402, 501, 602)),
    )
    surname = _surname(rng)
    father_born = TODAY - timedelta(days=rng.randint(24 * 365, 85 * 365))
    mother_born = father_born + timedelta(days=rng.randint(-1200, 2500))

    def person(place: int, surname: str, sex: str, born: date, given: str, phone: str, **more: object) -> Person:
        holds = more.pop("holds", 0.9)
        paper = _paper(rng, district[0], born, sex) if rng.random() < float(str(holds)) else ""
        return Person(number + place, surname, given, sex, born, district, house, phone, paper, **more)  # type: ignore[arg-type]

    phone = _phone(rng)
    family = [person(0, surname, "男", father_born, _given(rng, "男"), phone)]
    if rng.random() < 0.8:
        mothers_phone = phone if rng.random() < 0.3 else _phone(rng)
        family.append(person(1, _surname(rng), "女", mother_born, _given(rng, "女"), mothers_phone))
    mother = family[-1] if len(family) > 1 else None
    generation = rng.choice(MEN) if rng.random() < 0.3 else ""
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        born = mother_born + timedelta(days=rng.randint(20 * 365, 40 * 365))
        if born > TODAY:
            born = TODAY - timedelta(days=rng.randint(0, 200))
        for _ in range(2 if rng.random() < twins else 1):
            sex = rng.choice("男女")
            grown = (TODAY - born).days > 16 * 365
            baby = (TODAY - born).days < 60
            given = _given(rng, sex, generation)
            while any(given == other.given and other.surname == surname for other in family):
                given = _given(rng, sex, generation)
            family.append(
                person(
                    len(family), surname, sex, born, given,
                    _phone(rng) if grown and rng.random() < 0.7 else (mother or family[0]).phone,
                    holds=0.9 if grown else 0.0 if baby else 0.7,
                    mother=mother.surname + mother.given if mother else "",
                    newborn=baby,
                )
            )  # fmt: skip
    return family


def _surname(rng: random.Random) -> str:
    return rng.choice(COMPOUND) if rng.random() < 0.01 else SURNAMES[min(int(rng.expovariate(0.06)), len(SURNAMES) - 1)]


def _given(rng: random.Random, sex: str, generation: str = "") -> str:
    pool = MEN if sex == "男" else WOMEN
    pick = lambda: pool[min(int(rng.expovariate(0.03)), len(pool) - 1)]  # noqa: E731
    if generation:
        return generation + pick()
    return pick() if rng.random() < 0.2 else pick() + pick()


def _phone(rng: random.Random) -> str:
    return rng.choice(("138", "139", "150", "186", "177")) + f"{rng.randrange(10**8):08d}"


def _paper(rng: random.Random, region: str, born: date, sex: str) -> str:
    sequence = rng.randrange(0, 500) * 2 + (sex == "男")
    body = f"{region}{born:%Y%m%d}{sequence:03d}"
    return body + check_digit(body)


def _written(rng: random.Random, person: Person, *, spoil: bool) -> dict[str, str]:
    """One row about a person; a spoilt one has one to three slips, of the kinds that lists really have."""
    name = f"{person.surname}{person.given}"
    if person.newborn and (not spoil or rng.random() < 0.7):
        mother = person.mother or name
        name = f"{mother}之{'子' if person.sex == '男' else '女'}"
    row = {
        "姓名": name,
        "性别": person.sex,
        "出生日期": f"{person.born:%Y-%m-%d}",
        "住址": _address(rng, person),
        "电话": person.phone,
        "证件号码": person.paper,
        "母亲姓名": person.mother,
    }
    for _ in range(rng.choice((1, 1, 2, 3)) if spoil else 0):
        rng.choice(SPOILERS)(rng, person, row)
    return row


def _address(rng: random.Random, person: Person) -> str:
    road, house, block, unit, room = person.house
    name = person.district[1]
    return rng.choice(
        (
            f"山东省淄博市{name}{road}{house}号{block}号楼{unit}单元{room}室",
            f"淄博市{name}{road}{house}号{block}号楼{unit}单元{room}",
            f"{name}{road}{house}号{block}-{unit}-{room}",
        )
    )


def _own_name(person: Person, row: dict[str, str]) -> bool:
    return row["姓名"] == person.surname + person.given


def _swap_character(rng: random.Random, person: Person, row: dict[str, str], groups: tuple[str, ...]) -> None:
    if not _own_name(person, row):
        return
    place = rng.randrange(len(person.given))
    others = [
        other for group in groups if person.given[place] in group for other in group if other != person.given[place]
    ]
    if others:
        given = person.given[:place] + rng.choice(others) + person.given[place + 1 :]
        row["姓名"] = person.surname + given


def homophone(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    _swap_character(rng, person, row, HOMOPHONES)


def look_alike(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    _swap_character(rng, person, row, LOOK_ALIKES)


def traditional(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    row["姓名"] = "".join(TRADITIONAL.get(character, character) for character in row["姓名"])


def swapped_characters(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    if _own_name(person, row):
        row["姓名"] = person.surname + person.given[::-1]


def blanks(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    row["姓名"] = "　".join(row["姓名"]) if rng.random() < 0.5 else f" {row['姓名']} "


def fifteen_digits(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    if person.paper[6:8] == "19":
        row["证件号码"] = person.paper[:6] + person.paper[8:17]


def one_digit_error(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    if person.paper:
        place = rng.randrange(17)
        wrong = rng.choice([digit for digit in "0123456789" if digit != person.paper[place]])
        row["证件号码"] = person.paper[:place] + wrong + person.paper[place + 1 :]


def transposed_digits(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    if person.paper:
        place = rng.randrange(6, 16)
        paper = list(person.paper)
        paper[place], paper[place + 1] = paper[place + 1], paper[place]
        row["证件号码"] = "".join(paper)


def missing(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    row[rng.choice(("性别", "住址", "电话", "证件号码", "母亲姓名", "出生日期"))] = ""


def date_slip(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    day = person.born
    slips = (
        f"{day + timedelta(days=rng.choice((-1, 1, 10))):%Y-%m-%d}",
        f"{day:%Y/%d/%m}",
        f"{day.year + 1}-{day:%m-%d}",
    )
    row["出生日期"] = rng.choice(slips)


def date_form(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    day = person.born
    row["出生日期"] = rng.choice(
        (f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}")
    )


def moved(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    away = (rng.choice(ROADS), rng.randint(1, 399), rng.randint(1, 30), rng.randint(1, 4), 301)
    row["住址"] = _address(rng, replace(person, house=away))


def new_phone(rng: random.Random, person: Person, row: dict[str, str]) -> None:
    row["电话"] = _phone(rng) if rng.random() < 0.7 else "+86 " + person.phone


SPOILERS = (
    homophone, homophone, look_alike, traditional, swapped_characters, blanks, fifteen_digits, one_digit_error,
    transposed_digits, missing, missing, date_slip, date_form, moved, new_phone,
)  # fmt: skip
