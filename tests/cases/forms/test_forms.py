"""A form reads a page's text and the API's JSON alike, refuses everything that is wrong at once, and never breaks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.cases.forms import (
    All,
    Choice,
    Choices,
    Code,
    Day,
    Equals,
    Field,
    Form,
    FormRefused,
    Instant,
    MoreThan,
    Not,
    Number,
    OneOf,
    Option,
    Text,
    Whole,
    YesNo,
)

COLOURS = (Option("red", "红", "Red"), Option("blue", "蓝", "Blue"))
FORM = Form(
    fields=(
        Text(name="who", label="姓名", label_en="Name", max_length=5),
        Whole(name="beats", label="脉搏", label_en="Pulse", unit="次/分", at_least=Decimal(20), at_most=Decimal(300),
              usual=(Decimal(60), Decimal(100)), required=False),
        Number(name="heat", label="体温", label_en="Temperature", unit="℃", places=1, at_least=Decimal(30),
               at_most=Decimal(45), required=False),
        YesNo(name="pregnant", label="妊娠", label_en="Pregnant"),
        Whole(name="weeks", label="孕周", label_en="Weeks", at_least=Decimal(1), at_most=Decimal(45),
              when=Equals("pregnant", True)),
        Text(name="late", label="过期", label_en="Late", when=All((Equals("pregnant", True), MoreThan("weeks", Decimal(40)))),
             required=False),
        Choice(name="colour", label="颜色", label_en="Colour", options=COLOURS, required=False),
        Choices(name="colours", label="几种", label_en="Colours", options=COLOURS, required=False),
        Text(name="why", label="原因", label_en="Why", when=OneOf("colours", ("red",)), required=False),
        Day(name="since", label="起病", label_en="Since", required=False),
        Instant(name="at", label="时间", label_en="At", required=False),
        Code(name="code", label="编号", label_en="Code", pattern=r"[A-Z]\d{3}", required=False),
        Text(name="other", label="其他", label_en="Other", when=Not(Equals("pregnant", True)), required=False),
    )
)  # fmt: skip
LEAST = {"who": "𠮷", "pregnant": False}


SAME: list[tuple[str, Any, Any, Any]] = [
    ("who", " 𠮷野 ", "𠮷野", "𠮷野"),
    ("beats", "７２", 72, 72),
    ("beats", "72.0", 72.0, 72),
    ("heat", "36.5", 36.5, "36.5"),
    ("heat", "37", 37, "37"),
    ("heat", "40.0", 40, "40"),
    ("pregnant", "0", False, False),
    ("pregnant", "否", False, False),
    ("colour", "red", "red", "red"),
    ("colours", ["blue", "red", "red"], ["red", "blue"], ["red", "blue"]),
    ("since", "2026/11/23", "2026-11-23", "2026-11-23"),
    ("at", "2026-11-23T09:00", "2026-11-23T09:00:00+08:00", "2026-11-23T09:00:00+08:00"),
    ("code", "Ａ123", "A123", "A123"),
]


@pytest.mark.parametrize(("name", "page", "api", "kept"), SAME)
def test_a_page_and_the_api_give_the_same(name: str, page: Any, api: Any, kept: Any) -> None:
    for said in (page, api):
        assert FORM.read({**LEAST, name: said}).values[name] == kept


WRONGS: list[tuple[str, Any, str]] = [
    ("who", "", "KQ-3051"),
    ("who", None, "KQ-3051"),
    ("who", "一二三四五六", "KQ-3057"),
    ("who", "a\0b", "KQ-3062"),
    ("who", "\ud800", "KQ-3062"),
    ("who", "x" * 10_000_000, "KQ-3062"),
    ("who", 7, "KQ-3062"),
    ("beats", "abc", "KQ-3052"),
    ("beats", True, "KQ-3052"),
    ("beats", "1e3", "KQ-3052"),
    ("beats", "72.5", "KQ-3053"),
    ("beats", 19, "KQ-3054"),
    ("beats", 301, "KQ-3055"),
    ("beats", 10**400, "KQ-3052"),
    ("beats", "9" * 10_000_000, "KQ-3052"),
    ("heat", float("nan"), "KQ-3052"),
    ("heat", float("inf"), "KQ-3052"),
    ("heat", 36.55, "KQ-3056"),
    ("heat", [36], "KQ-3052"),
    ("pregnant", "maybe", "KQ-3059"),
    ("pregnant", 1, "KQ-3059"),
    ("colour", "green", "KQ-3058"),
    ("colour", ["red"], "KQ-3058"),
    ("colours", [["red"]], "KQ-3058"),
    ("colours", ["red"] * 100, "KQ-3058"),
    ("since", "2026-02-30", "KQ-3060"),
    ("since", "1700-01-01", "KQ-3054"),
    ("at", "soon", "KQ-3061"),
    ("at", "0001-01-01T00:00", "KQ-3061"),
    ("code", "a123", "KQ-3063"),
    ("nothing", 1, "KQ-3064"),
]


@pytest.mark.parametrize(("name", "said", "code"), WRONGS, ids=str)
def test_what_is_wrong_is_named(name: str, said: Any, code: str) -> None:
    with pytest.raises(FormRefused) as refused:
        FORM.read({**LEAST, name: said})
    (one,) = refused.value.wrongs
    assert (one.field, one.refused.why.code) == (name, code)
    assert one.refused.sentence("zh") and one.refused.sentence("en") and refused.value.sentence("en")


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(FormRefused) as refused:
        FORM.read({"who": "", "beats": "x", "pregnant": True})
    assert [each.field for each in refused.value.wrongs] == ["who", "beats", "weeks"]
    assert "3" in refused.value.sentence("zh") and "姓名" in refused.value.sentence("zh")


def test_what_is_not_asked_is_dropped_and_named() -> None:
    answers = FORM.read({**LEAST, "weeks": "rubbish", "late": "x", "why": "x"})
    assert answers.skipped == ("weeks", "late", "why") and "weeks" not in answers.values
    asked = FORM.read({"who": "a", "pregnant": "是", "weeks": "41", "late": "x", "colours": "red", "why": "y"})
    assert asked.values["weeks"] == 41 and asked.values["late"] == "x" and asked.values["why"] == "y"
    assert asked.skipped == ("other",)


def test_what_is_unusual_is_taken_and_told() -> None:
    assert [each.field for each in FORM.read({**LEAST, "beats": 130}).warnings] == ["beats"]
    assert FORM.read({**LEAST, "beats": 100}).warnings == ()


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda part: st.lists(part, max_size=3)
)


@given(st.dictionaries(st.sampled_from([field.name for field in FORM.fields]), anything))
def test_nothing_breaks_the_reader_and_its_own_answers_are_read_alike(said: dict[str, Any]) -> None:
    try:
        answers = FORM.read(said)
    except FormRefused:
        return
    assert FORM.read(answers.values).values == answers.values


def field(**changed: Any) -> Field:
    return replace(FORM.fields[0], **changed)


UNSOUND: dict[str, tuple[Field, ...]] = {
    "two of a name": (field(), field()),
    "no name": (field(name="not a name"),),
    "no English": (field(label_en=""),),
    "a condition on what comes later": (field(when=Equals("later", True)), field(name="later")),
    "an empty range": (Whole(name="n", label="数", label_en="N", at_least=Decimal(2), at_most=Decimal(1)),),
    "no options": (Choice(name="c", label="选", label_en="C", options=()),),
    "two options of a code": (Choice(name="c", label="选", label_en="C", options=(COLOURS[0], COLOURS[0])),),
}


@pytest.mark.parametrize("fields", UNSOUND.values(), ids=UNSOUND.keys())
def test_an_unsound_form_is_refused_when_it_is_made(fields: tuple[Field, ...]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Form(fields=fields)


def test_what_the_api_takes_is_described() -> None:
    schema = FORM.json_schema()
    assert schema["required"] == ["who", "pregnant"]
    assert schema["properties"]["colours"]["items"]["enum"] == ["red", "blue"]
    assert schema["properties"]["beats"] == {"title": "脉搏", "type": "integer", "minimum": 20, "maximum": 300}
