"""The worked examples and the edges of every family of the review."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kangqu.kernel.rules.source import Mark
from kangqu.systems.tcm_pharmacy.herbs import HERBS, Handling
from kangqu.systems.tcm_pharmacy.review import (
    Coverage,
    Form,
    Kind,
    Override,
    Patient,
    RecordKind,
    Route,
    Severity,
    Sex,
    review,
    self_review,
)
from tests.tcm_pharmacy.written import DAY, MAN, WOMAN, reviewed, said, the, written

CHILD = replace(MAN, age_years=6)
PREGNANT = replace(WOMAN, pregnant=True)

EXAMPLES: dict[str, tuple[tuple[str, ...], dict[str, Any], dict[str, str]]] = {
    "6 附子 + 半夏": (("附子 10 先煎久煎", "半夏 9"), {}, {"18F.乌头反": "BLOCK"}),
    "7 人参 + 五灵脂": (("人参 6 另煎", "五灵脂 6"), {}, {"19W.人参畏五灵脂": "DOUBLE_SIGN"}),
    "8 丁香 + 郁金": (("丁香 3", "郁金 9"), {}, {"19W.丁香畏郁金": "DOUBLE_SIGN"}),
    "9 pregnant 三棱": (("三棱 6",), {"patient": PREGNANT}, {"PREGNANCY-FORBIDDEN": "BLOCK"}),
    "9 pregnant 桃仁": (("桃仁 6",), {"patient": PREGNANT}, {"PREGNANCY-CARE": "DOUBLE_SIGN"}),
    "10 细辛 5 g": (("细辛 5",), {}, {"DOSE-MAX": "DOUBLE_SIGN"}),
    "10 细辛 powder": (("细辛 3",), {"form": Form.POWDER}, {"DOSE-POWDER": "DOUBLE_SIGN"}),
    "11 制川乌": (("制川乌 3",), {}, {"HANDLING-MISSING": "WARN"}),
    "12 朱砂": (("朱砂 0.3",), {}, {"NO_DECOCT": "BLOCK"}),
    "13 芒硝": (("芒硝 9",), {}, {"HANDLING-MISSING": "WARN"}),
    "14 贝母": (("贝母 10",), {}, {"NAME-AMBIGUOUS": "BLOCK"}),
    "15 川乌": (("川乌 3 先煎",), {}, {}),
    "15 川乌 over": (("川乌 3.1 先煎",), {}, {"DOSE-MAX": "DOUBLE_SIGN"}),
    "16 雄黄 3 days": (("雄黄 0.1 冲服",), {"doses": 3}, {"RX14": "BLOCK", "RX14-DAYS": "BLOCK"}),
    "16 雄黄 2 days": (("雄黄 0.1 冲服",), {"doses": 2}, {}),
    "17 罂粟壳 4 days": (("罂粟壳 6", "黄芪 9"), {"doses": 4}, {"RX15-DAYS": "BLOCK"}),
    "17 罂粟壳 3 days": (("罂粟壳 6", "黄芪 9"), {"doses": 3}, {}),
    "18 next day": (("黄芪 9",), {"today": DAY + timedelta(days=1)}, {"RX1": "BLOCK"}),
    "18 extended": (("黄芪 9",), {"today": date(2026, 3, 4), "extension_days": 3}, {}),
    "18 extended and over": (("黄芪 9",), {"today": date(2026, 3, 5), "extension_days": 3}, {"RX1": "BLOCK"}),
    "19 A17.07": (("黄芪 9",), {"diagnoses": ("A17.07", "B03.01.04")}, {"DX-A17": "BLOCK"}),
    "4 adult liquor": (("黄芪 9",), {"doses": 7}, {}),
    "5 child liquor": (("黄芪 9",), {"patient": CHILD}, {"DC11": "WARN"}),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_worked_examples(example):
    herbs, changes, expected = EXAMPLES[example]
    assert said(reviewed(*herbs, **changes)) == expected


def test_what_the_examples_say():
    incompatible = the(reviewed("附子 10 先煎久煎", "半夏 9"), "18F.乌头反")
    assert incompatible.override is Override.RESIGN and incompatible.detail == "附子+半夏"
    assert incompatible.source.mark is Mark.RESTATED
    assert the(reviewed("朱砂 0.3"), "NO_DECOCT").zh == "朱砂不入煎剂（0.1–0.5克，冲服或入丸散）。"
    assert the(reviewed("芒硝 9"), "PACK-APART").herbs == ("芒硝",)
    assert "先煎久煎" in the(reviewed("制川乌 3"), "HANDLING-MISSING").zh
    assert the(reviewed("贝母 10"), "NAME-AMBIGUOUS").herbs == ("川贝母", "浙贝母", "平贝母", "伊贝母", "湖北贝母")
    assert the(reviewed("川乌 3 先煎"), "RX14-SUPPLY").zh == "“川乌”未注明生用，付制川乌。"
    assert the(reviewed("细辛 5"), "DOSE-MAX").en.startswith("xixin (细辛) 5 g a day, over the maximum of 3 g (1–3 g).")
    assert reviewed("黄芪 9", doses=7).packs == 14


def test_nobody_reviews_what_she_prescribed():
    ours = written("黄芪 9")
    found = self_review(ours, prescriber=7, reviewer=7)
    assert found is not None and found.severity is Severity.BLOCK
    assert self_review(ours, prescriber=7, reviewer=8) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"doses": 7}, {}),
        ({"doses": 8}, {"RX2": "DOUBLE_SIGN"}),
        ({"doses": 8, "reason": "慢性病"}, {}),
        ({"doses": 8, "doses_per_day": 2}, {}),
        ({"doses": 4, "doses_per_day": 0.5}, {"RX2": "DOUBLE_SIGN", "DOSE-MIN": "WARN"}),
        ({"doses": 3, "kind": Kind.EMERGENCY}, {}),
        ({"doses": 4, "kind": Kind.EMERGENCY}, {"RX3": "DOUBLE_SIGN"}),
        ({"doses": 28, "kind": Kind.LONG_TERM}, {}),
        ({"doses": 29, "kind": Kind.LONG_TERM}, {"RX5": "DOUBLE_SIGN"}),
        ({"doses": 84, "kind": Kind.LONG_TERM}, {"RX5": "DOUBLE_SIGN"}),
        ({"doses": 85, "kind": Kind.LONG_TERM}, {"RX5-LONGEST": "BLOCK"}),
        ({"extension_days": 4}, {"RX1-EXTENSION": "BLOCK"}),
        ({"today": DAY - timedelta(days=1)}, {"RX1-FUTURE": "BLOCK"}),
        ({"times_per_day": None}, {"RX8": "WARN"}),
        ({"taking": " "}, {"RX8": "WARN"}),
        ({"ml_per_pack": None}, {"RX8": "WARN"}),
        ({"diagnoses": ()}, {"RX10": "WARN"}),
        ({"diagnoses": ("A04.01.01",)}, {"RX9": "WARN"}),
        ({"diagnoses": ("B04.06.01.03.02",)}, {}),
        ({"diagnoses": ("BNG070", "ZZXP60")}, {}),
        ({"diagnoses": ("A01.01.01.", "B04.06.02.03.01.02")}, {}),
        ({"diagnoses": ("I10", "ZZXP60")}, {"DX-SHAPE": "WARN"}),
        ({"diagnoses": ("A17.07", "ZZXP60"), "record": RecordKind.OTHER}, {}),
        ({"diagnoses": ("A17", "ZZXP60"), "record": RecordKind.ADMISSION}, {"DX-A17": "BLOCK"}),
        ({"packs_per_dose": 2, "ml_per_pack": 300}, {}),
        ({"packs_per_dose": 3, "ml_per_pack": 201}, {"DC10": "WARN"}),
        ({"packs_per_dose": 1, "ml_per_pack": 399}, {"DC10": "WARN"}),
        ({"patient": CHILD, "packs_per_dose": 1, "ml_per_pack": 100}, {}),
        ({"patient": CHILD, "packs_per_dose": 1, "ml_per_pack": 99}, {"DC11": "WARN"}),
        ({"patient": CHILD, "packs_per_dose": 2, "ml_per_pack": 150}, {}),
    ],
)
def test_validity_supply_completeness_codes_and_liquor(changes, expected):
    assert said(reviewed("黄芪 9", **changes)) == expected


@pytest.mark.parametrize(
    ("herb", "form", "expected"),
    [
        ("黄芪 30", Form.DECOCTION, {}),
        ("黄芪 30.1", Form.DECOCTION, {"DOSE-MAX": "DOUBLE_SIGN"}),
        ("黄芪 9", Form.DECOCTION, {}),
        ("黄芪 8.9", Form.DECOCTION, {"DOSE-MIN": "WARN"}),
        ("黄芪 90", Form.GRANULE, {"DOSE-MAX": "DOUBLE_SIGN"}),
        ("全蝎 6", Form.DECOCTION, {}),
        ("全蝎 12", Form.DECOCTION, {"DOSE-MAX": "DOUBLE_SIGN"}),
        ("全蝎 12.1", Form.DECOCTION, {"DOSE-TOXIC": "BLOCK"}),
        ("三七 6", Form.POWDER, {}),
        ("三七 6.2", Form.POWDER, {"DOSE-POWDER": "DOUBLE_SIGN"}),
        ("三七 1.9", Form.POWDER, {"DOSE-MIN": "WARN"}),
        ("三七 9 粉服", Form.DECOCTION, {"DOSE-POWDER": "DOUBLE_SIGN"}),
        ("三七 9", Form.DECOCTION, {}),
        ("青礞石 6", Form.POWDER, {}),
        ("青礞石 6.1", Form.POWDER, {"DOSE-POWDER": "DOUBLE_SIGN"}),
        ("煅石膏 9", Form.DECOCTION, {"DOSE-NONE": "DOUBLE_SIGN"}),
        ("红粉 0.1", Form.GRANULE, {"DOSE-NONE-TOXIC": "BLOCK"}),
        ("生川乌 3", Form.GRANULE, {"DOSE-NONE-TOXIC": "BLOCK", "RX14-RAW": "DOUBLE_SIGN"}),
    ],
)
def test_doses(herb, form, expected):
    assert said(reviewed(herb, form=form)) == expected


def test_every_listed_dose_holds_at_its_limits():
    judged = 0
    for name, herb in HERBS.items():
        if herb.max_g is None or herb.min_g is None or name in ("天南星", "川乌", "草乌"):
            continue
        judged += 1
        for grams, expected in ((herb.min_g, None), (herb.max_g, None), (herb.max_g * 1.01, "DOSE-MAX")):
            found = reviewed(f"{name} {grams}", doses=1, form=Form.GRANULE)
            doses = {each.rule for each in found.findings if each.family == "dose"}
            assert doses == ({expected} if expected else set()), (name, grams)
        toxic = {each.rule for each in reviewed(f"{name} {herb.max_g * 2.01}", form=Form.GRANULE).findings}
        assert ("DOSE-TOXIC" in toxic) == (herb.toxicity is not None), name
    assert judged > 590


REGULATED = sorted(name for name, herb in HERBS.items() if herb.regulated and herb.max_g is not None)


@pytest.mark.parametrize("name", REGULATED)
def test_a_toxic_herb_is_for_two_days_at_most(name):
    most = HERBS[name].max_g or 0
    at_limit = reviewed(f"{name} {most} 冲服", doses=2, form=Form.GRANULE)
    assert not {"RX14", "RX14-DAYS"} & set(said(at_limit))
    assert the(at_limit, "RX14-SIGN").herbs == (name,)
    assert "RX14" in said(reviewed(f"{name} {most * 1.01}", doses=2, form=Form.GRANULE))
    assert {"RX14", "RX14-DAYS"} <= set(said(reviewed(f"{name} {most}", doses=3, form=Form.GRANULE)))


@pytest.mark.parametrize("name", sorted(name for name, herb in HERBS.items() if herb.regulated.startswith("生")))
def test_a_raw_toxic_herb_is_signed_twice(name):
    raw = name if name.startswith("生") else f"生{name}"
    found = reviewed(f"{raw} 1", form=Form.GRANULE)
    assert said(found)["RX14-RAW"] == "DOUBLE_SIGN"
    assert "RX14-SUPPLY" not in {each.rule for each in found.findings}
    assert found.coverage is not Coverage.SUPPORTED


@pytest.mark.parametrize(
    ("herbs", "changes", "expected"),
    [
        (("罂粟壳 6",), {}, {"RX15-ALONE": "BLOCK"}),
        (("米壳 6", "黄芪 9"), {}, {}),
        (("罂粟壳 6.1", "黄芪 9"), {}, {"RX15-DOSE": "BLOCK", "DOSE-MAX": "DOUBLE_SIGN"}),
        (("罂粟壳 6", "黄芪 9"), {"narcotic_right": False}, {"RX15-RIGHT": "BLOCK"}),
        (("罂粟壳 6", "黄芪 9"), {"doses": 3, "poppy_days_before": 4}, {}),
        (("罂粟壳 6", "黄芪 9"), {"doses": 3, "poppy_days_before": 5}, {"RX15-CONTINUOUS": "BLOCK"}),
        (
            ("罂粟壳 3", "黄芪 9"),
            {"patient": replace(CHILD, age_years=13), "ml_per_pack": 100},
            {"RX15-CHILD": "BLOCK", "CHILD-TOXIC": "WARN"},
        ),
        (("罂粟壳 3", "黄芪 9"), {"patient": replace(CHILD, age_years=14)}, {}),
        (("罂粟壳 3", "黄芪 9"), {"patient": replace(MAN, athlete=True)}, {"ATHLETE": "WARN"}),
    ],
)
def test_poppy_husk(herbs, changes, expected):
    assert said(reviewed(*herbs, **changes)) == expected


def test_poppy_husk_asks_for_what_it_needs_to_know():
    found = reviewed(
        "罂粟壳 6", "黄芪 9", narcotic_right=None, poppy_days_before=None, patient=replace(MAN, age_years=None)
    )
    assert {"narcotic_right", "poppy_days_before", "age"} <= {each.fact for each in found.missing}
    assert found.coverage is Coverage.PARTIAL


def test_what_is_written_twice_is_added_up():
    found = reviewed("黄芪 20", "北芪 20")
    assert said(found) == {"DUPLICATE": "WARN", "DOSE-MAX": "DOUBLE_SIGN"}
    assert "40克" in the(found, "DOSE-MAX").zh and "黄芪、北芪" in the(found, "DUPLICATE").zh


@pytest.mark.parametrize(
    ("herb", "fact", "rule", "severity"),
    [
        ("大黄 6", "lactating", "LACTATION", "DOUBLE_SIGN"),
        ("大黄 6", "menstruating", "MENSTRUATION", "DOUBLE_SIGN"),
        ("肉桂 3", "bleeding", "BLEEDING", "DOUBLE_SIGN"),
        ("朱砂 0.3 冲服", "liver_impaired", "LIVER", "DOUBLE_SIGN"),
        ("苦楝皮 4", "kidney_impaired", "KIDNEY", "DOUBLE_SIGN"),
        ("天仙子 0.3", "glaucoma", "GLAUCOMA", "DOUBLE_SIGN"),
        ("洋金花 0.4 冲服", "tachycardia", "TACHYCARDIA", "DOUBLE_SIGN"),
        ("华山参 0.1", "glaucoma", "GLAUCOMA", "DOUBLE_SIGN"),
        ("青葙子 9", "glaucoma", "GLAUCOMA", "DOUBLE_SIGN"),
        ("猪牙皂 1 冲服", "haemoptysis", "HAEMOPTYSIS", "DOUBLE_SIGN"),
        ("马钱子粉 0.3 冲服", "athlete", "ATHLETE", "WARN"),
    ],
)
def test_who_takes_it(herb, fact, rule, severity):
    yes: dict[str, Any] = {fact: True}
    nothing: dict[str, Any] = {fact: None}
    there = said(reviewed(herb, patient=replace(WOMAN, **yes)))
    absent = reviewed(herb, patient=WOMAN)
    silent = reviewed(herb, patient=replace(WOMAN, **nothing))
    assert there == {rule: severity} and said(absent) == {} and absent.coverage is Coverage.SUPPORTED
    (missing,) = silent.missing
    assert missing.fact == fact and rule in missing.rules and silent.coverage is Coverage.PARTIAL


@pytest.mark.parametrize("grade", ["禁", "慎"])
def test_every_pregnancy_note_speaks(grade):
    rule, severity = {"禁": ("PREGNANCY-FORBIDDEN", "BLOCK"), "慎": ("PREGNANCY-CARE", "DOUBLE_SIGN")}[grade]
    for name, herb in HERBS.items():
        if herb.pregnancy == grade:
            plain = f"生{name}" if name in ("川乌", "草乌", "天南星") else name
            assert said(reviewed(f"{plain} 1", patient=PREGNANT))[rule] == severity, name


@pytest.mark.parametrize("name", ["天山雪莲", "小叶莲", "黄蜀葵花"])
def test_a_recalled_pregnancy_note_asks_for_a_second_signature(name):
    (found,) = (each for each in reviewed(f"{name} 3", patient=PREGNANT).findings if each.rule.startswith("PREGNANCY"))
    assert (found.severity, found.source.mark) == (Severity.DOUBLE_SIGN, Mark.RECALLED)


@pytest.mark.parametrize(
    ("doses", "a_day", "days"), [(7, 1, 7), (7, 2, 4), (3, 0.3, 10), (7, 0.1, 70), (1, 10, 1), (9, 0.9, 10)]
)
def test_for_how_many_days_it_is_enough(doses, a_day, days):
    assert written("黄芪 9", doses=doses, doses_per_day=a_day).days == days


@pytest.mark.parametrize(
    ("patient", "missing"),
    [
        (replace(WOMAN, pregnant=None, age_years=11), False),
        (replace(WOMAN, pregnant=None, age_years=12), True),
        (replace(WOMAN, pregnant=None, age_years=55), True),
        (replace(WOMAN, pregnant=None, age_years=56), False),
        (replace(WOMAN, pregnant=None, age_years=None), True),
        (replace(MAN, sex=None), True),
        (MAN, False),
        (WOMAN, False),
    ],
)
def test_an_unknown_pregnancy_is_missing_never_normal(patient, missing):
    found = reviewed("桃仁 6", patient=patient)
    assert ("pregnant" in {each.fact for each in found.missing}) == missing
    assert (found.coverage is Coverage.PARTIAL) == (missing or patient.age_years == 11)


@pytest.mark.parametrize(
    ("years", "months", "rule"),
    [
        (13, None, "CHILD-TOXIC"),
        (None, 8, "CHILD-TOXIC"),
        (14, None, None),
        (64, None, None),
        (65, None, "ELDER-TOXIC"),
    ],
)
def test_children_and_the_elderly(years, months, rule):
    found = reviewed(
        "全蝎 3", patient=replace(MAN, age_years=years, age_months=months), ml_per_pack=200, form=Form.GRANULE
    )
    assert said(found) == ({rule: "WARN"} if rule else {})
    assert all(each.source.mark is Mark.DESIGN for each in found.findings if each.rule == rule)
    young = rule == "CHILD-TOXIC"
    assert ("child_dose" in {each.what for each in found.not_covered}) == young


@pytest.mark.parametrize(
    ("herb", "expected"),
    [
        ("附子 10 先煎久煎", {}),
        ("附子 10 先煎", {}),
        ("附子（先煎） 10", {}),
        ("附子 10", {"HANDLING-MISSING": "WARN"}),
        ("附子 10 后下", {"HANDLING-WRONG": "WARN"}),
        ("薄荷 5 后下", {}),
        ("薄荷 5 先煎", {"HANDLING-WRONG": "WARN"}),
        ("车前子 10", {"HANDLING-MISSING": "WARN"}),
        ("车前子 10 包煎", {}),
        ("阿胶 6", {"HANDLING-MISSING": "WARN"}),
        ("阿胶 6 烊化", {}),
        ("西洋参 5 另煎", {}),
        ("西洋参 5", {"HANDLING-MISSING": "WARN"}),
        ("青礞石 12 先煎", {"HANDLING-MISSING": "WARN"}),
        ("青礞石 12 先煎 包煎", {}),
        ("蛤壳 12 先煎", {}),
        ("蛤壳 12", {"HANDLING-MISSING": "WARN"}),
        ("鹿茸 1", {"HANDLING-MISSING": "WARN"}),
        ("鹿茸 1 冲服", {}),
        ("芒硝 9 溶入", {}),
        ("芒硝 9 先煎", {"HANDLING-WRONG": "WARN"}),
        ("玄明粉 6 溶入", {}),
        ("雷丸 15", {"NO_DECOCT": "BLOCK"}),
        ("雷丸 12 粉服", {}),
        ("朱砂 0.3 冲服", {}),
        ("黄芪 9 先煎", {}),
        ("大黄 6", {}),
        ("雄黄 0.1", {"PILLS-TOXIC": "WARN"}),
        ("冰片 0.3", {}),
    ],
)
def test_handling(herb, expected):
    assert said(reviewed(herb)) == expected


def test_handling_is_for_decoctions_only():
    assert said(reviewed("附子 10", form=Form.GRANULE)) == {}
    outside = reviewed("附子 10", "红粉 1", route=Route.EXTERNAL)
    assert said(outside) == {} and {each.what for each in outside.not_covered} == {"dose", "handling", "toxic_quantity"}
    assert the(reviewed("黄芪 9 先煎"), "HANDLING-OWN").severity is Severity.INFO
    assert the(reviewed("附子 10 先煎"), "HANDLING-LONG").severity is Severity.INFO


def test_coverage():
    assert reviewed("黄芪 9").coverage is Coverage.SUPPORTED
    assert {"western_drugs", "diagnosis_formula"} <= set(reviewed("黄芪 9").beyond)
    assert reviewed().coverage is Coverage.EMPTY
    assert reviewed("无名草 9").coverage is Coverage.NOT_COVERED
    assert said(reviewed("无名草 9")) == {"NAME-UNKNOWN": "DOUBLE_SIGN"}
    assert reviewed("黄芪 9", "无名草 9").coverage is Coverage.PARTIAL
    assert reviewed("五灵脂 6").coverage is Coverage.NOT_COVERED
    assert reviewed("胖大海 3").coverage is Coverage.PARTIAL
    assert said(reviewed("关木通 3")) == {"NAME-BANNED": "BLOCK"}
    assert said(reviewed("huangqi 9")) == {"NAME-LETTERS": "WARN"}


def test_a_day_without_rules_is_not_covered():
    early = reviewed("附子 10", issued_on=date(2010, 1, 1), today=date(2010, 1, 1))
    assert early.coverage is Coverage.PARTIAL
    assert {"DOSE-MAX", "DX-A17"} <= {each.about for each in early.not_covered}


def test_findings_are_in_order_of_gravity_and_speak_both_languages():
    found = review(
        written("附子 10", "半夏 90", "贝母 3", "关木通 3", "草 1", doses=90, patient=Patient(sex=Sex.FEMALE))
    )
    order = list(Severity)
    places = [order.index(each.severity) for each in found.findings]
    assert places == sorted(places) and found.blocked
    assert all(each.zh and each.en and "{" not in each.zh + each.en and each.source.document for each in found.findings)
    assert Handling.FIRST_LONG.label in the(found, "HANDLING-MISSING").zh
