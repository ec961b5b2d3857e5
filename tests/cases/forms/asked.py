"""Which fields are asked: one form with a condition of every kind on a field of every kind, and a table of what is typed.

The table is run by the reader of forms (test_asked.py) and by the page's script in a browser (tests/casework).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kangqu.kernel.cases.forms import (
    All,
    Any_,
    Choice,
    Choices,
    Code,
    Condition,
    Day,
    Equals,
    Form,
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

COLOURS = tuple(Option(code, code, code) for code in ("red", "green", "blue"))


def follows(name: str, when: Condition) -> Text:
    return Text(name=name, label=name, label_en=name, required=False, when=when)


FORM = Form(
    fields=(
        YesNo(name="ill", label="病了", label_en="Ill"),
        Number(name="fever", label="体温", label_en="Fever", at_least=Decimal(30), at_most=Decimal(45), places=1,
               when=Equals("ill", True)),
        Whole(name="days", label="几天", label_en="Days", at_least=Decimal(0), at_most=Decimal(99)),
        Choice(name="one", label="一色", label_en="One", options=COLOURS, required=False),
        Choices(name="many", label="多色", label_en="Many", options=COLOURS, required=False),
        Text(name="word", label="字", label_en="Word", max_length=4, required=False),
        Code(name="lot", label="批", label_en="Lot", pattern=r"L\d{2}", required=False),
        Day(name="on", label="日", label_en="On", required=False),
        Instant(name="at", label="时", label_en="At", required=False),
        follows("hot", MoreThan("fever", Decimal("38.5"))),
        follows("not_hot", Not(MoreThan("fever", Decimal("38.5")))),
        follows("just", Equals("fever", "38.5")),
        follows("well", Equals("ill", False)),
        follows("week", Equals("days", 7)),
        follows("long", MoreThan("days", Decimal(7))),
        follows("red", Equals("one", "red")),
        follows("warm", OneOf("one", ("red", "green"))),
        follows("some", OneOf("many", ("green", "blue"))),
        follows("as_list", Equals("many", "red")),
        follows("rare", Equals("word", "𠮷吉")),
        follows("known", Equals("lot", "L07")),
        follows("new_year", Equals("on", "2026-01-01")),
        follows("noon", Equals("at", "2026-01-01T12:00:00+08:00")),
        follows("both", All((Equals("ill", True), OneOf("many", ("red",))))),
        follows("either", Any_((Equals("one", "blue"), MoreThan("days", Decimal(30))))),
        follows("chained", Equals("red", "x")),
    )
)  # fmt: skip
PLAIN = {field.name for field in FORM.fields if field.when is None}
# What is typed, and which of the dependent fields are asked.
TABLE: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({}, {"not_hot"}),
    ({"ill": "1"}, {"fever", "not_hot"}),
    ({"ill": "0"}, {"well", "not_hot"}),
    ({"ill": "1", "fever": "38.5"}, {"fever", "not_hot", "just"}),
    ({"ill": "1", "fever": " 38.50 "}, {"fever", "not_hot", "just"}),
    ({"ill": "1", "fever": "+038.5"}, {"fever", "not_hot", "just"}),
    ({"ill": "1", "fever": "３８．６"}, {"fever", "hot"}),
    ({"ill": "1", "fever": "39"}, {"fever", "hot"}),
    ({"ill": "1", "fever": "39.25"}, {"fever", "not_hot"}),  # too fine: refused, so nothing is known
    ({"ill": "1", "fever": "390"}, {"fever", "not_hot"}),
    ({"ill": "1", "fever": "hot"}, {"fever", "not_hot"}),
    ({"ill": "1", "fever": "39."}, {"fever", "not_hot"}),
    ({"ill": "1", "fever": "1e2"}, {"fever", "not_hot"}),
    ({"ill": "0", "fever": "39"}, {"well", "not_hot"}),  # typed before she was said to be well: dropped
    ({"days": "7"}, {"week", "not_hot"}),
    ({"days": "7.0"}, {"week", "not_hot"}),
    ({"days": "8"}, {"long", "not_hot"}),
    ({"days": "7.5"}, {"not_hot"}),
    ({"days": "31"}, {"long", "either", "not_hot"}),
    ({"days": "100"}, {"not_hot"}),
    ({"days": "-1"}, {"not_hot"}),
    ({"one": "red"}, {"red", "warm", "not_hot"}),
    ({"one": "red", "red": "x"}, {"red", "warm", "chained", "not_hot"}),
    ({"one": "green", "red": "x"}, {"warm", "not_hot"}),  # what hangs on a field that is not asked is not asked
    ({"one": "blue"}, {"either", "not_hot"}),
    ({"many": ["red"]}, {"not_hot"}),
    ({"many": ["red", "blue"]}, {"some", "not_hot"}),
    ({"ill": "1", "many": ["red"]}, {"fever", "both", "not_hot"}),
    ({"word": "𠮷吉"}, {"rare", "not_hot"}),
    ({"word": " 𠮷吉  "}, {"rare", "not_hot"}),
    ({"word": "𠮷吉𠮷吉𠮷"}, {"not_hot"}),
    ({"lot": "Ｌ07"}, {"known", "not_hot"}),
    ({"lot": "L7"}, {"not_hot"}),
    ({"lot": "xL07"}, {"not_hot"}),
    ({"on": "2026-01-01"}, {"new_year", "not_hot"}),
    ({"on": "2026-01-02"}, {"not_hot"}),
    ({"at": "2026-01-01T12:00"}, {"noon", "not_hot"}),
    ({"word": "   ", "days": " "}, {"not_hot"}),
)
