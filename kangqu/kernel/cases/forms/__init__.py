"""Forms of steps: typed fields declared once, read alike from a page (strings) and from the API (JSON).

``Form.read`` answers clean values that JSON can keep: whole numbers as numbers, decimal numbers as strings of digits (so
that nothing is rounded), days and instants as ISO 8601, choices by their codes. It raises ``FormRefused`` with every
wrong field otherwise. Nothing here touches the database or the clock.
"""

from __future__ import annotations

from kangqu.kernel.cases.forms.conditions import All, Any_, Condition, Equals, MoreThan, Not, OneOf
from kangqu.kernel.cases.forms.fields import (
    Choice,
    Choices,
    Code,
    Day,
    Field,
    Instant,
    Number,
    Option,
    Text,
    Whole,
    YesNo,
)
from kangqu.kernel.cases.forms.form import Answers, Form, Section, Warning_
from kangqu.kernel.cases.forms.refusing import FormRefused, Wrong

__all__ = [
    "All",
    "Answers",
    "Any_",
    "Choice",
    "Choices",
    "Code",
    "Condition",
    "Day",
    "Equals",
    "Field",
    "Form",
    "FormRefused",
    "Instant",
    "MoreThan",
    "Not",
    "Number",
    "OneOf",
    "Option",
    "Section",
    "Text",
    "Warning_",
    "Whole",
    "Wrong",
    "YesNo",
]
