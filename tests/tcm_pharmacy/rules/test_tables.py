"""What the tables say is what the review does: every row is read from its data, every rule is told somewhere."""

from __future__ import annotations

from datetime import date
from string import Formatter

import pytest

from kangqu.kernel.rules.source import Mark
from kangqu.systems.tcm_pharmacy.herbs import BANNED, HERBS
from kangqu.systems.tcm_pharmacy.review import Item, Patient, Prescription, Severity, Sex, review
from kangqu.systems.tcm_pharmacy.review.book import book_on, tables
from kangqu.systems.tcm_pharmacy.rulebook.asked import matching
from kangqu.systems.tcm_pharmacy.rulebook.reading import find, herb_on, rule_on
from kangqu.systems.tcm_pharmacy.rulebook.sentences import BLANKS, FIGURES, WHEN, sentences
from kangqu.systems.tcm_pharmacy.rulebook.tables import TABLES, entries_on, table_of

TODAY = date(2026, 11, 23)
EARLY = date(2019, 6, 1)
ROWS = tables()


def said(name: str, key: str, day: date = TODAY) -> list[str]:
    herb = herb_on(name, day)
    assert herb is not None
    return [each.zh for table, entries in herb.said if table.key == key for each in entries]


def test_every_row_of_the_review_stands_in_a_table_under_its_id():
    for row in (row for rows in ROWS for row in rows):
        found = rule_on(row.id, TODAY)
        assert found is not None and found.in_force and found.tables, row.id
        assert (found.entry.source, found.entry.starts) == (row.source, row.starts), row.id


def test_every_rule_stands_in_exactly_one_table_of_rules():
    listed = [each.id for table in TABLES if table.by_rule for each in entries_on(table.key, TODAY)]
    assert sorted(listed) == sorted(row.id for row in ROWS[0])


def test_the_rules_a_table_names_are_rules():
    assert {rule for table in TABLES for rule in table.rules} <= {row.id for row in ROWS[0]}
    assert len({table.key for table in TABLES}) == len(TABLES)


def test_every_herb_a_table_names_has_a_page():
    names = {name for table in TABLES for each in entries_on(table.key, TODAY) for name in (*each.herbs, *each.against)}
    assert len(names) > 600 and all(herb_on(name, TODAY) for name in names)


@pytest.mark.parametrize("row", ROWS[0], ids=lambda row: row.id)
def test_no_blank_is_left_in_a_sentence(row):
    blanks = {
        name for text in (row.fields["zh"], row.fields["en"]) for _, name, _, _ in Formatter().parse(text) if name
    }
    assert {blank.removesuffix("_en") for blank in blanks} <= set(BLANKS)
    assert not any("{" in text or "None" in text for text in sentences(row))
    assert set(row.when) <= set(WHEN)
    assert set(row.fields) - {"family", "severity", "override", "zh", "en", "herbs"} <= set(FIGURES)


def test_figures_stand_in_the_sentence():
    assert sentences(book_on(TODAY).rows["RX2"])[0] == "普通处方用量〔天数〕天，一般不超过7天；须注明理由。"
    assert "400–600 ml" in sentences(book_on(TODAY).rows["DC10"])[1]


def test_every_mark_has_its_sentence_in_both_languages():
    assert len({mark.meaning for mark in Mark}) == len(Mark)
    assert all(zh and en and not zh.isascii() and en.isascii() for zh, en in (mark.meaning for mark in Mark))


def test_a_herb_page_says_what_the_review_goes_by():
    assert said("细辛", "doses") == ["内服一日 1–3 克；也可外用"] and HERBS["细辛"].max_g == 3
    assert said("附子", "handling") == ["先煎久煎"]
    assert said("附子", "toxicity") == ["有毒，内服一日不超过 15 克"]
    assert said("附子", "pregnancy") == ["孕妇慎用"] and said("附子", "people")[0] == "儿童用有毒药附子，请核对剂量。"
    assert "罂粟壳每日〔克数〕克，每日不超过6克。" in said("罂粟壳", "controlled")
    assert (
        said("川乌", "controlled")
        and not said("制川乌", "controlled")
        and said("双花", "doses") == said("金银花", "doses")
    )


def test_a_form_of_a_herb_is_not_told_the_doses_of_the_other():
    assert said("朴硝", "doses") == [] and said("芒硝", "doses")
    herb = herb_on("朴硝", TODAY)
    assert herb is not None and not herb.listed and herb.gaps[0].what == "herb"


@pytest.mark.parametrize("name", ["附子", "制川乌", "朴硝", "犀角", "甘草", "生半夏", "黄芪"])
def test_opponents_are_those_the_review_finds(name):
    herb = herb_on(name, TODAY)
    assert herb is not None
    told = {(other, entry.id) for other, entry in herb.opponents}
    found = set()
    for other in {*HERBS, *(ban.name for ban in BANNED.values())} - {name}:
        items = (_written(name), _written(other))
        pair = Prescription(items=items, doses=1, issued_on=TODAY, today=TODAY)
        found |= {(other, each.rule) for each in review(pair).findings if each.family == "pair"}
    assert told == found


def _written(name: str) -> Item:
    """A herb as it is written so that it is itself: 生 where the processed form would be supplied."""
    return Item(f"生{name}" if name in ("川乌", "草乌", "天南星") else name, 1)


def test_gaps_are_said_and_never_called_safe():
    herb = herb_on("黄芪", TODAY)
    assert herb is not None
    assert {"pregnancy", "toxicity", "pairs", "child_doses", "allergies"} <= {gap.what for gap in herb.gaps}
    assert not any("安全" in gap.zh.replace("不等于", "") for gap in herb.gaps)


def test_a_table_is_read_as_it_was_on_a_day():
    assert len(entries_on("doses", TODAY)) == sum(herb.listed for herb in HERBS.values()) == 618
    assert entries_on("doses", date(2020, 12, 29)) == () and len(entries_on("doses", date(2020, 12, 30))) == 618
    assert "RX5" not in {each.id for each in entries_on("validity", EARLY)}
    assert "RX2" in {each.id for each in entries_on("validity", EARLY)}
    assert all(each.in_force(EARLY) for table in TABLES for each in entries_on(table.key, EARLY))
    herb = herb_on("附子", EARLY)
    assert herb is not None and not herb.listed and said("附子", "doses", EARLY) == []
    rule = rule_on("RX5", EARLY)
    assert rule is not None and not rule.in_force and rule.entry.starts == date(2021, 8, 10)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1900, 1, 1), date(2199, 12, 31), date.max])
def test_any_day_can_be_asked(day):
    for table in TABLES:
        entries_on(table.key, day)
    assert rule_on("RX1", day) and herb_on("附子", day) and rule_on("18F.甘草反", day)


@pytest.mark.parametrize(
    ("typed", "first", "several"),
    [("双花", ["金银花"], False), ("fuzi", ["附子"], False), ("贝母", ["川贝母", "浙贝母"], True), ("川乌", ["制川乌", "川乌"], False)],
)  # fmt: skip
def test_a_herb_is_found_by_any_of_its_names(typed, first, several):
    found = find(typed)
    assert [name for name, _ in found.herbs][: len(first)] == first and found.several is several


@pytest.mark.parametrize("typed", ["", " ", "无名草", "\x00", "𠮷", "x" * 10_240, "‮", "'; DROP TABLE"])
def test_what_is_no_herb_finds_none(typed):
    assert find(typed).herbs == ()
    assert matching(entries_on("doses", TODAY), typed) in ((), entries_on("doses", TODAY))


def test_a_refused_name_is_found_too():
    assert find("犀牛角").herbs == (("犀角", "犀牛角"),) and find("xijiao").herbs[0][0] == "犀角"
    herb = herb_on("犀牛角", TODAY)
    assert herb is not None and herb.name == "犀角" and said("犀角", "banned") == ["不得使用：犀牛角禁止药用"]


def test_the_pregnancy_table_is_what_the_review_finds_of_a_pregnant_woman():
    patient = Patient(sex=Sex.FEMALE, age_years=30, pregnant=True)
    table = {each.herbs[0]: each for each in entries_on("pregnancy", TODAY)}
    for name in ("附子", "桃仁", "天山雪莲", "黄蜀葵花", "黄芪"):
        asked = Prescription(items=(Item(name, 1),), doses=1, issued_on=TODAY, today=TODAY, patient=patient)
        found = {each.rule: each.severity for each in review(asked).findings if each.rule.startswith("PREGNANCY")}
        assert found == ({table[name].rule: table[name].severity} if name in table else {}), name


def test_a_group_of_pairs_carries_the_severity_of_its_family():
    group = rule_on("19W.丁香畏郁金", TODAY)
    assert group is not None and group.entry.severity is Severity.DOUBLE_SIGN and group.entry.rule == "nineteen"
    assert table_of("nineteen") in group.tables and rule_on("19W", TODAY) is None
