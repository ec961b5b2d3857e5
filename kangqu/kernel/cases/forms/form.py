"""A form: its fields in order, checked when it is made, and the one reader of what was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.forms.fields import Choice, Field, Number
from kangqu.kernel.cases.forms.refusing import MISSING, UNKNOWN_FIELD, FormRefused, Wrong, wrong


@dataclass(frozen=True, slots=True)
class Section:
    """A named group of fields of a long form."""

    title: str
    title_en: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801 - beside the built-in
    """A value that was taken and is unusual."""

    field: str
    value: Any


@dataclass(frozen=True, slots=True)
class Answers:
    """Clean values by field; the fields that were not asked; what is unusual."""

    values: Mapping[str, Any]
    skipped: tuple[str, ...] = ()
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a step asks."""

    fields: tuple[Field, ...]
    sections: tuple[Section, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for field in self.fields:
            _check(field, seen)
            seen.add(field.name)
        for section in self.sections:
            if not set(section.fields) <= seen:
                raise ValueError(f"section {section.title} names a field that is not there")

    def read(self, given: Mapping[str, Any], /) -> Answers:
        """The answers in ``given``, from a page or the API alike; ``FormRefused`` names every field that is wrong.

        An empty text, an empty list and null are no answer. A field whose condition does not hold is skipped, and what
        was said to it is dropped.
        """
        values, wrongs, skipped = self._walked(given)
        known = {field.name for field in self.fields}
        strange = sorted(str(name)[:60] for name in given if name not in known)[:20]
        wrongs += [Wrong(name, wrong(UNKNOWN_FIELD, name, name=name)) for name in strange]
        if wrongs:
            raise FormRefused(tuple(wrongs))
        unusual = [Warning_(field.name, values[field.name]) for field in self.fields if _unusual(field, values)]
        return Answers(values, tuple(skipped), tuple(unusual))

    def asked(self, given: Mapping[str, Any], /) -> list[str]:
        """The fields that are asked of somebody who has answered ``given`` so far, whether or not it can be taken."""
        skipped = self._walked(given)[2]
        return [field.name for field in self.fields if field.name not in skipped]

    def _walked(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Wrong], list[str]]:
        """Clean values, what is wrong, what was not asked: field by field, each condition on what came before it."""
        values: dict[str, Any] = {}
        wrongs: list[Wrong] = []
        skipped: list[str] = []
        for field in self.fields:
            if field.when is not None and not field.when.holds(values):
                skipped.append(field.name)
                continue
            try:
                answer = _answer(field, given.get(field.name))
            except Refused as refused:
                wrongs.append(Wrong(field.name, refused))
                continue
            if answer is not None:
                values[field.name] = answer
        return values, wrongs, skipped

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    def json_schema(self) -> dict[str, Any]:
        """The object the API takes. What is asked only sometimes is not required here; the reader decides."""
        return {
            "type": "object",
            "properties": {field.name: {"title": field.label, **field.schema} for field in self.fields},
            "required": [field.name for field in self.fields if field.required and field.when is None],
            "additionalProperties": False,
        }


def _answer(field: Field, given: Any) -> Any:
    empty = given is None or given == [] or (isinstance(given, str) and not given[:1000].strip())
    if not empty:
        return field.read(given)
    if field.required:
        raise wrong(MISSING, field.name, label=field.words)
    return None


def _unusual(field: Field, values: Mapping[str, Any]) -> bool:
    return field.name in values and field.unusual(values[field.name])


def _check(field: Field, seen: set[str]) -> None:
    if not field.name.isidentifier() or field.name in seen:
        raise ValueError(f"a field cannot be called {field.name!r} here")
    if not (field.label and field.label_en):
        raise ValueError(f"{field.name} has no label in one of the two languages")
    if field.when is not None and not field.when.names <= seen:
        raise ValueError(f"{field.name} depends on a field that does not stand before it")
    if isinstance(field, Number) and not field.at_least <= field.at_most:
        raise ValueError(f"{field.name}: nothing is between {field.at_least} and {field.at_most}")
    if isinstance(field, Choice):
        codes = [option.code for option in field.options]
        if (
            not codes
            or len(set(codes)) != len(codes)
            or not all(each.label and each.label_en for each in field.options)
        ):
            raise ValueError(f"{field.name}: its options are not sound")
