"""The herb table as the document gives it, and what written names mean."""

from __future__ import annotations

from collections import Counter

import pytest

from kangqu.kernel.rules.source import Mark
from kangqu.systems.tcm_pharmacy.herbs import ALIKE, AMBIGUOUS, HERBS, Answer, Handling, Toxicity, Via, resolve, suggest
from kangqu.systems.tcm_pharmacy.herbs.names import ALIASES

LISTED = {name: herb for name, herb in HERBS.items() if herb.listed}


def test_the_table_is_whole():
    assert len(LISTED) == 618
    assert Counter(herb.toxicity for herb in LISTED.values() if herb.toxicity) == {"大": 10, "有": 42, "小": 30}
    assert Counter(herb.pregnancy for herb in LISTED.values() if herb.pregnancy) == {"禁": 36, "慎": 59}
    assert all(herb.source.mark is Mark.RESTATED for herb in LISTED.values())
    assert sum(bool(herb.regulated) for herb in HERBS.values()) == 28


@pytest.mark.parametrize(
    ("name", "low", "high", "toxicity"),
    [
        ("人参", 3, 9, None),
        ("细辛", 1, 3, None),
        ("制川乌", 1.5, 3, "有"),
        ("蟾酥", 0.015, 0.03, "有"),
        ("川乌", None, None, "大"),
    ],
)
def test_a_row_reads_as_it_stands(name, low, high, toxicity):
    herb = HERBS[name]
    assert (herb.min_g, herb.max_g, herb.toxicity) == (low, high, toxicity)


def test_handling_and_forms():
    assert HERBS["附子"].handling == {Handling.FIRST_LONG}
    assert HERBS["芒硝"].handling == {Handling.DISSOLVE, Handling.NO_DECOCT} and HERBS["芒硝"].external
    assert HERBS["儿茶"].pills and HERBS["儿茶"].handling == {Handling.WRAP}
    assert HERBS["细辛"].powder is not None and HERBS["细辛"].powder.max_g == 1
    assert HERBS["闹羊花"].toxicity is Toxicity.GREAT and HERBS["闹羊花"].regulated == "闹羊花"


def test_every_name_of_the_table_means_itself_or_its_processed_form():
    supplied = {"川乌": "制川乌", "草乌": "制草乌", "天南星": "制天南星"}
    for name in LISTED:
        found = resolve(name)
        assert found.answer is Answer.ONE and found.herb is not None, name
        assert found.herb.name == supplied.get(name, name)


def test_every_alias_means_one_herb():
    for name, meaning in ALIASES.items():
        found = resolve(name)
        assert found.via is Via.ALIAS and found.herb is not None and found.herb.name == meaning.herb, name
        assert found.source is not None and not found.source.mark.certain


@pytest.mark.parametrize(("name", "candidates"), sorted((name, row[0]) for name, row in AMBIGUOUS.items()))
def test_a_name_of_several_herbs_is_asked_back(name, candidates):
    found = resolve(name)
    assert found.answer is Answer.AMBIGUOUS and found.herb is None
    assert found.candidates == candidates


def test_five_fritillaries():
    assert resolve("贝母").candidates == ("川贝母", "浙贝母", "平贝母", "伊贝母", "湖北贝母")
    assert resolve("beimu").candidates == resolve("贝母").candidates


@pytest.mark.parametrize("name", sorted(ALIKE))
def test_look_alikes_stay_apart(name):
    found = resolve("生" + name if name in ("川乌", "草乌") else name)
    assert found.herb is not None and found.herb.name == name
    assert found.not_to_be_merged == ALIKE[name]


@pytest.mark.parametrize(
    ("written", "meant", "via"),
    [
        ("葛根", "葛根", Via.NAME),
        (" 黄　芪 ", "黄芪", Via.NAME),
        ("黄\u200b芪", "黄芪", Via.NAME),
        ("地黄（生）", "地黄(生)", Via.NAME),
        ("生地", "地黄(生)", Via.ALIAS),
        ("醋延胡索", "延胡索", Via.ALIAS),
        ("炙黄芪", "炙黄芪", Via.NAME),
        ("huangqi", "黄芪", Via.PINYIN),
        ("Huáng Qín", "黄芩", Via.PINYIN),
        ("ｈｕａｎｇｑｉ", "黄芪", Via.PINYIN),
        ("nǚzhēnzǐ", "女贞子", Via.PINYIN),
        ("zhiqiao", "枳壳", Via.PINYIN),
        ("zhike", "枳壳", Via.PINYIN),
        ("chonglou", "重楼", Via.PINYIN),
        ("xuanshen", "玄参", Via.PINYIN),
        ("houpo", "厚朴", Via.PINYIN),
        ("wblx", "王不留行", Via.INITIALS),
    ],
)
def test_what_a_written_name_means(written, meant, via):
    found = resolve(written)
    assert found.herb is not None and (found.herb.name, found.via) == (meant, via)


@pytest.mark.parametrize("letters", ["hq", "daji", "shashen"])
def test_letters_that_several_herbs_share_are_asked_back(letters):
    found = resolve(letters)
    assert found.answer is Answer.AMBIGUOUS and len(found.candidates) > 1


@pytest.mark.parametrize(
    ("written", "base"), [("炒黄芪", "黄芪"), ("蜜当归", "当归"), ("制半夏", "法半夏"), ("盐附子", "附子")]
)
def test_a_processed_name_no_row_holds_is_asked_back(written, base):
    found = resolve(written)
    assert found.answer is Answer.AMBIGUOUS and base in found.candidates


@pytest.mark.parametrize(
    "written", ["", "  ", "无名草", "x", "黄芪黄芪", "炒", "(先煎)", "附子(慢煎)", "𬭎", "草" * 61, "12"]
)
def test_what_nobody_knows_is_unknown(written):
    found = resolve(written)
    assert found.answer is Answer.UNKNOWN and found.herb is None


@pytest.mark.parametrize(
    "written", ["关木通", "广防己", "青木香", "犀角", "虎骨", "穿山甲", "马兜铃", "天仙藤", "炮山甲", "guanmutong"]
)
def test_a_banned_name_is_refused_with_its_mark(written):
    found = resolve(written)
    assert found.answer is Answer.BANNED and found.herb is None
    assert found.source is not None and found.source.mark is Mark.RECALLED


@pytest.mark.parametrize(
    ("written", "herb", "supplied"),
    [
        ("川乌", "制川乌", "制川乌"),
        ("草乌", "制草乌", "制草乌"),
        ("天南星", "制天南星", "制天南星"),
        ("chuanwu", "制川乌", "制川乌"),
    ],
)
def test_without_raw_written_the_processed_form_is_supplied(written, herb, supplied):
    found = resolve(written)
    assert found.herb is not None and found.herb.name == herb
    assert found.supply is not None and found.supply.supplied == supplied and found.supply.source.mark is Mark.SEEN


@pytest.mark.parametrize("written", ["附子", "半夏"])
def test_plainly_written_means_processed_pieces(written):
    found = resolve(written)
    assert found.herb is not None and found.herb.name == written and not found.herb.regulated
    raw = resolve("生" + written)
    assert raw.herb is not None and raw.herb.regulated == "生" + written and raw.herb.base == written


def test_handling_in_brackets_is_read():
    found = resolve("附子（先煎、久煎）")
    assert found.herb is not None and found.herb.name == "附子" and found.handling == (Handling.FIRST_LONG,)
    assert resolve("薄荷(后下)").handling == (Handling.LATE,)
    assert resolve("贝母(冲服)").answer is Answer.AMBIGUOUS


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("黄芪", "黄芪"),
        ("黄", "黄柏"),
        ("hq", "蛤壳"),
        ("huangq", "黄芪"),
        ("生地", "地黄(生)"),
        ("DangGui", "当归"),
        ("双花", "金银花"),
    ],
)
def test_suggestions(typed, first):
    assert suggest(typed)[0].herb.name == first


def test_suggestions_are_few_and_each_herb_once():
    found = suggest("h", limit=200)
    assert len({each.herb.name for each in found}) == len(found)
    assert len(suggest("h", limit=3)) == 3
    assert suggest("") == () and suggest("黄", limit=0) == () and suggest("无此药") == ()
    assert suggest("ge gen")[0].not_to_be_merged == ("粉葛",)
