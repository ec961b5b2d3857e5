"""十八反 and 十九畏: the table of the document, every pair in both orders; and nothing beyond it."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from kangqu.systems.tcm_pharmacy.herbs import HERBS
from kangqu.systems.tcm_pharmacy.review import Form
from tests.tcm_pharmacy.written import reviewed, said

FRITILLARIES = "川贝母 浙贝母 平贝母 伊贝母 湖北贝母"
ACONITES = "川乌 制川乌 草乌 制草乌"
EIGHTEEN = [
    ("甘草 炙甘草", "甘遂 京大戟 红大戟 海藻 芫花"),
    (
        f"{ACONITES} 附子",
        f"半夏 法半夏 姜半夏 清半夏 瓜蒌 瓜蒌皮 瓜蒌子 炒瓜蒌子 天花粉 {FRITILLARIES} 白蔹 白及",
    ),
    ("藜芦", "人参 红参 人参叶 西洋参 党参 丹参 玄参 南沙参 北沙参 苦参 细辛 赤芍 白芍"),
]
NINETEEN = [
    ("硫黄", "芒硝 玄明粉 朴硝"),
    ("水银", "砒霜 砒石"),
    ("狼毒", "密陀僧"),
    ("巴豆 巴豆霜", "牵牛子"),
    ("丁香 母丁香", "郁金"),
    (ACONITES, "犀角"),
    ("芒硝 玄明粉 牙硝", "三棱"),
    ("肉桂 官桂", "赤石脂"),
    ("人参 红参", "五灵脂"),
]


def _pairs(table):
    return [pair for left, right in table for pair in product(left.split(), right.split())]


@pytest.mark.parametrize(
    ("table", "family", "severity", "count"),
    [
        (EIGHTEEN, "eighteen", "BLOCK", 10 + 80 + 13),
        (NINETEEN, "nineteen", "DOUBLE_SIGN", 3 + 2 + 1 + 2 + 2 + 4 + 3 + 2 + 2),
    ],
)
def test_every_pair_in_both_orders(table, family, severity, count):
    pairs = _pairs(table)
    assert len(pairs) == count
    for one, other in [*pairs, *((right, left) for left, right in pairs)]:
        names = [f"生{name}" if name in ("川乌", "草乌") else name for name in (one, other)]
        found = reviewed(*(f"{name} 1" for name in names), form=Form.GRANULE)
        told = [each for each in found.findings if each.rule.startswith({"eighteen": "18F", "nineteen": "19W"}[family])]
        assert [each.severity.value for each in told] == [severity], (one, other)
        assert len(told[0].herbs) == 2 and told[0].override.value == "RESIGN"


def test_no_other_two_herbs_are_a_pair():
    told = _pairs(EIGHTEEN) + _pairs(NINETEEN)
    named = sorted({name for pair in told for name in pair} & set(HERBS))
    known = {frozenset(pair) for pair in told}
    for pair in combinations(named, 2):
        if frozenset(pair) in known or {"川乌", "草乌", "朴硝", "牙硝"} & set(pair):
            continue
        found = reviewed(*(f"{name} 1" for name in pair), form=Form.GRANULE)
        assert not [rule for rule in said(found) if rule.startswith(("18F", "19W"))], pair


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("川乌", "半夏", "18F.乌头反"),  # supplied as 制川乌
        ("黑顺片", "法夏", "18F.乌头反"),
        ("生附子", "白芨", "18F.乌头反"),
        ("生甘草", "醋甘遂", "18F.甘草反"),
        ("官桂", "煅赤石脂", "19W.官桂畏石脂"),
        ("人参", "醋五灵脂", "19W.人参畏五灵脂"),
        ("制硫黄", "朴硝", "19W.硫黄畏朴硝"),
        ("生狼毒", "密陀僧", "19W.狼毒畏密陀僧"),
    ],
)
def test_other_names_and_forms_are_the_same_pair(one, other, rule):
    assert rule in said(reviewed(f"{one} 1", f"{other} 1", form=Form.GRANULE))


def test_two_that_are_said_to_be_allowed():
    assert not [rule for rule in said(reviewed("藜芦 1", "太子参 9")) if rule.startswith("18F")]
