"""One label of each kind, and names that are hard to print."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from kangqu.systems.tcm_pharmacy.labels.model import BagLabel, ParcelLabel, PotLabel, Route, ShelfLabel, TubLabel

FONTS = (
    Path(__file__).parent / "fonts"
)  # Noto Sans CJK SC, cut down to the signs of these tests; see its licence beside it
AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # half past nine in the city
CODE = "B0A1B2C3D4E5F7"
LONG = "吾布力喀斯木·买合木提江·阿卜杜热依木·麦麦提图尔荪·玉素甫江"
LATIN = "Abdurehimjan Muhemmetturghunoghli"
RARE = "张𠮷䶮"

TUB = TubLabel(
    CODE,
    "李丽",
    "桓台县人民医院",
    "内三科 12 床",
    Route.INTERNAL,
    7,
    1260,
    45,
    "补益 60+42 分钟",
    pot="K12",
    priority="加急",
    due=AT,
    handling=("先煎 附子 30 分钟", "后下 薄荷"),
)
BAG = BagLabel(
    CODE,
    RARE,
    "淄博市中心医院",
    "中医科门诊",
    Route.INTERNAL,
    doses=7,
    packs=14,
    ml_a_pack=200,
    times_a_day=2,
    timing="饭后温服",
    storage="2–8 ℃ 冷藏",
    decocted_at=AT,
    use_before=AT + timedelta(days=7),
    centre="淄博市智慧中药房张店中心",
    checker="王复核",
    phone="0533-2160000",
    enclosed=(("三七粉", "粉服"), ("阿胶", "烊化")),
)
SHELF = ShelfLabel(
    CODE, "醋延胡索", "A区 03-12-05", "20260901A", "安徽某某中药饮片有限公司", "浙江东阳", date(2028, 8, 31), "有毒"
)
POT = PotLabel(CODE, "K12", "淄博市智慧中药房张店中心", Route.INTERNAL, 5000, 20000)
PARCEL = ParcelLabel(
    CODE,
    "赵春花",
    "13800001234",
    "山东省淄博市张店区人民西路 1 号阳光花园小区 12 号楼 3 单元 1204 室",
    "张店北",
    "ZD-1600",
    AT,
    14,
    "冷藏运输 2–8 ℃",
    "淄博市智慧中药房张店中心",
    part=1,
    parts=2,
)
ALL = (TUB, BAG, SHELF, POT, PARCEL)
