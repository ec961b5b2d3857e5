"""Names: how they are stored and how they are read aloud."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.names import (
    NAME_CHARS,
    NAME_EMPTY,
    NAME_LONG,
    name_initials,
    name_pinyin,
    normalise_name,
    spell,
)


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("单田芳", "shantianfang", "stf"),
        ("仇英", "qiuying", "qy"),
        ("查良镛", "zhaliangyong", "zly"),
        ("解晓东", "xiexiaodong", "xxd"),
        ("曾国藩", "zengguofan", "zgf"),
        ("翟天临", "zhaitianlin", "ztl"),
        ("区䶮", "ouyan", "oy"),
        ("任盈", "renying", "ry"),
        ("欧阳娜娜", "ouyangnana", "oynn"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟卨", "moqixie", "mqx"),
        ("长孙无忌", "zhangsunwuji", "zswj"),
        ("王单", "wangdan", "wd"),  # as a given name 单 is read as everyday
        ("吕布", "lvbu", "lb"),
        ("王𠮷", "wangji", "wj"),
        ("张㛃", "zhangjie", "zj"),
        ("李𬭎", "lihong", "lh"),
        ("買買提", "maimaiti", "mmt"),
        ("买买提·吐尔逊", "maimaitituerxun", "mmttex"),
        ("单·吐尔逊", "dantuerxun", "dtex"),
        ("John O'Neil Smith", "johnoneilsmith", "jos"),
        ("María José", "mariajose", "mj"),
        ("单", "shan", "s"),
    ],
)
def test_spelling(name, pinyin, initials):
    assert spell(normalise_name(name)) == (pinyin, initials)
    assert (name_pinyin(name), name_initials(name)) == (pinyin, initials)


def test_a_character_no_table_reads_stands_for_itself():
    assert name_pinyin("王\U0003134a") == "wang\U0003134a"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (" 张　三 ", "张三"),
        ("张 三", "张三"),
        ("ＬＩ　Ming", "LI Ming"),
        ("买买提.吐尔逊", "买买提·吐尔逊"),
        ("买买提 • 吐尔逊", "买买提·吐尔逊"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("José", "José"),
        ("王\ue854", "王\u9fba"),
        ("葛\U000e0100玲", "葛玲"),
        ("王𠮷", "王𠮷"),
        ("J. Smith", "J. Smith"),
    ],
)
def test_one_name_in_many_writings(written, stored):
    assert normalise_name(written) == stored
    assert normalise_name(stored) == stored


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", NAME_EMPTY),
        (" \t", NAME_EMPTY),
        ("·", NAME_EMPTY),
        ("-", NAME_EMPTY),
        ("张" * 51, NAME_LONG),
        ("a" * 10_000_000, NAME_LONG),
        ("张\0三", NAME_CHARS),
        ("张\x07三", NAME_CHARS),
        ("??", NAME_CHARS),
        ("张\ufffd", NAME_CHARS),
        ("张" + chr(0xD800), NAME_CHARS),
        ("\u202e张三", NAME_CHARS),
        ("张\ue000", NAME_CHARS),
        ("<b>张三", NAME_CHARS),
    ],
)
def test_what_cannot_stand_in_a_name(written, why):
    with pytest.raises(Refused) as refused:
        normalise_name(written)
    assert refused.value.why is why
    assert refused.value.field == "name"


@given(st.text(max_size=60))
def test_a_stored_name_is_stable_and_fits_every_encoding(text):
    try:
        name = normalise_name(text)
    except Refused:
        return
    assert normalise_name(name) == name == unicodedata.normalize("NFC", name)
    assert name.encode("gb18030").decode("gb18030") == name
    assert len(name_pinyin(name)) <= 300
    assert 0 < len(name_initials(name)) <= 50
    assert "\0" not in name
