"""Every table the review judges by: its name, what it is for, the rules that use it, and its rows on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from kangqu.systems.tcm_pharmacy.rulebook import herbal, naming
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry
from kangqu.systems.tcm_pharmacy.rulebook.ruled import Entries, of_codes, of_families, of_pairs


@dataclass(frozen=True, slots=True)
class Table:
    """``rules`` judge by the table's rows where a row names none of its own. ``by_rule``: its rows are the rules.

    ``grams``: its rows limit grams. ``section``: herbs, rules or names.
    """

    key: str
    section: str
    zh: str
    en: str
    about: tuple[str, str]
    entries: Entries
    rules: tuple[str, ...] = ()
    by_rule: bool = False
    grams: bool = False

    @property
    def paired(self) -> bool:
        return self.key in ("eighteen", "nineteen")


_DOSE_RULES: Final = ("DOSE-MAX", "DOSE-TOXIC", "DOSE-MIN", "DOSE-NONE", "DOSE-NONE-TOXIC")
_HANDLING_RULES: Final = (
    "HANDLING-MISSING", "HANDLING-WRONG", "HANDLING-LONG", "HANDLING-BRIEF", "HANDLING-OWN", "NO_DECOCT", "PACK-APART",
    "PILLS", "PILLS-TOXIC",
)  # fmt: skip
_PREGNANCY_RULES: Final = (
    "PREGNANCY-FORBIDDEN", "PREGNANCY-CARE", "PREGNANCY-FORBIDDEN-RECALLED", "PREGNANCY-CARE-RECALLED",
    "MAY-BE-PREGNANT",
)  # fmt: skip
_TOXIC_RULES: Final = ("RX14", "RX14-DAYS", "RX14-RAW", "RX14-RIGHT", "RX14-SIGN")
_BOOK: Final = (
    "按中国药典 2020 年版一部的公开整理；2025 年版已施行，临床使用前逐条核对。",
    "From a public edition of the 2020 pharmacopoeia; the 2025 edition is in force: check every row before clinical use.",
)

TABLES: Final[tuple[Table, ...]] = (
    Table(
        "eighteen", "herbs", "十八反", "Eighteen incompatibilities",
        ("前列每味药与后列每味药相反，同方时拦截。", "Every herb of one column with every herb of the other, in one prescription."),
        of_pairs("eighteen"), ("eighteen",),
    ),
    Table(
        "nineteen", "herbs", "十九畏", "Nineteen fears",
        ("前列每味药畏后列每味药，同方时须双签。", "Every herb of one column with every herb of the other, in one prescription."),
        of_pairs("nineteen"), ("nineteen",),
    ),
    Table("pregnancy", "herbs", "妊娠禁忌与慎用", "Pregnancy", _BOOK, herbal.pregnancy, _PREGNANCY_RULES),
    Table(
        "toxicity", "herbs", "有毒饮片与剂量上限", "Toxic herbs and their maxima", _BOOK, herbal.toxicity,
        ("DOSE-TOXIC", "DOSE-NONE-TOXIC", "CHILD-TOXIC", "ELDER-TOXIC", "PILLS-TOXIC"), grams=True,
    ),
    Table(
        "regulated", "herbs", "毒性中药管理品种", "Regulated toxic herbs",
        ("国务院令第23号附录的品种，和本平台里对应的饮片。", "The regulation's list, with the herb here that each is."),
        herbal.regulated, _TOXIC_RULES, grams=True,
    ),
    Table("doses", "herbs", "常用剂量", "Usual doses", _BOOK, herbal.doses, _DOSE_RULES, grams=True),
    Table("powders", "herbs", "研粉用量", "Doses as powder", _BOOK, herbal.powders, ("DOSE-POWDER",), grams=True),
    Table("handling", "herbs", "特殊煎服法", "Handling", _BOOK, herbal.handling, _HANDLING_RULES),
    Table(
        "people", "rules", "年龄与特殊人群", "Age and groups of patients",
        ("谁用哪些药要拦截、双签或提示；没有给出的情况按不明处理。", "Who may not, or only with care, take which herbs; what is not stated is not known."),
        of_families("people", settings=("CHILD", "ELDER", "MAY-BE-PREGNANT")), by_rule=True,
    ),
    Table(
        "validity", "rules", "处方有效期与用量天数", "Validity and days of supply",
        ("处方当天有效，可以延长；普通、急诊、长期处方各有天数。", "How long a prescription is good, and for how many days it may be."),
        of_families("validity", "supply", settings=("RX1-COUNT",)), by_rule=True,
    ),
    Table(
        "completeness", "rules", "处方完整与诊断", "Completeness and diagnosis",
        ("处方应写全的项目和诊断的写法。", "What a prescription has to say, and how diagnoses are written."),
        of_families("completeness", "diagnosis"), by_rule=True,
    ),
    Table(
        "controlled", "rules", "毒性药品与罂粟壳", "Toxic drugs and poppy husk",
        ("管理品种的量、天数、处方权和签字。", "Quantity, days, rights and signatures of what is regulated."),
        of_families("toxic", "poppy"), by_rule=True,
    ),
    Table(
        "dose-rules", "rules", "剂量规则", "Rules on doses",
        ("怎样用剂量表；同一味药写两次的加在一起。", "How the tables of doses are used; a herb written twice is added up."),
        of_families("dose", "duplicate"), by_rule=True,
    ),
    Table(
        "handling-rules", "rules", "煎服规则", "Rules on handling",
        ("怎样用特殊煎服法的表；只审内服汤剂。", "How the table of handling is used; of internal decoctions only."),
        of_families("handling"), by_rule=True,
    ),
    Table(
        "liquor", "rules", "药液量", "Liquor",
        ("每剂药液的毫升数，成人和儿童。", "Millilitres of liquor a dose, for an adult and for a child."),
        of_families("liquor"), by_rule=True,
    ),
    Table(
        "other-rules", "rules", "药名、配伍与审核人", "Names, pairs and the reviewer",
        ("药名认不认得，相反相畏怎样处理，谁不能审。", "What a written name does, how pairs are judged, who may not review."),
        of_families("name", "pair", "reviewer"), by_rule=True,
    ),
    Table(
        "codes", "names", "诊断代码的写法", "Shapes of diagnosis codes",
        ("整个代码应符合其中一种。", "A whole code has one of these shapes."), of_codes, ("DX-SHAPE", "RX9"),
    ),
    Table(
        "aliases", "names", "别名", "Other names", ("只指一味药的名字。", "Names that mean exactly one herb."),
        naming.aliases, ("NAME-ALIAS",),
    ),
    Table(
        "processed", "names", "炮制品名", "Processed names",
        ("与原药同一剂量的炮制品名；待核。", "Processed names that share the dose of their herb; to be verified."),
        naming.processed, ("NAME-ALIAS",),
    ),
    Table(
        "ambiguous", "names", "一名多药", "Names of several herbs",
        ("问回医师，从不猜。", "Asked back, never guessed."), naming.ambiguous, ("NAME-AMBIGUOUS",),
    ),
    Table(
        "distinct", "names", "不得混用", "Not to be merged",
        ("容易当成同一味的药。", "Herbs easily taken for each other."), naming.distinct,
    ),
    Table(
        "supplied", "names", "未注明生用的付药", "Supplied unless raw is written",
        ("毒性药没有写生用时付什么。", "What is supplied where raw use is not written."), naming.supplied, ("RX14-SUPPLY",),
    ),
    Table(
        "banned", "names", "不得使用的药名", "Names that are refused",
        ("写了就拦截。", "Written, they block."), naming.banned, ("NAME-BANNED",),
    ),
    Table(
        "outside", "names", "只知药名的药", "Known by name only",
        ("规则提到、饮片表没有的药：剂量、毒性、妊娠没有审。", "Herbs rules name and the table lacks: dose, toxicity and pregnancy are not judged."),
        naming.outside,
    ),
)  # fmt: skip

_BY_KEY: Final = {table.key: table for table in TABLES}


def table_of(key: str) -> Table | None:
    return _BY_KEY.get(key)


@lru_cache(maxsize=len(TABLES) * 4)
def entries_on(key: str, day: date) -> tuple[Entry, ...]:
    """The rows of the table ``key`` that hold on ``day``."""
    return tuple(entry for entry in _BY_KEY[key].entries(day) if entry.in_force(day))
