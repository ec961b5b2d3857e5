"""The kinds of fields. Each reads one answer, whether it came as a page's text or as JSON, and says what it asks."""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import Words
from kangqu.kernel.cases.forms import refusing as no
from kangqu.kernel.cases.forms.conditions import Condition
from kangqu.kernel.cases.forms.refusing import wrong
from kangqu.kernel.rules.source import Mark

_LONGEST_NUMBER: Final = 30
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DIGITS: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_YES: Final = {"1", "true", "yes", "on", "是"}
_NO: Final = {"0", "false", "no", "off", "否"}
_FIRST, _LAST = date(1850, 1, 1), date(2200, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ABC):
    """One thing a form asks. ``when`` says when it is asked at all; ``unit`` stands beside the answer."""

    kind: ClassVar[str] = ""
    name: str
    label: str
    label_en: str
    unit: str = ""
    help: str = ""
    help_en: str = ""
    required: bool = True
    when: Condition | None = None

    @property
    def words(self) -> Words:
        return Words(self.label, self.label_en)

    @abstractmethod
    def read(self, given: Any) -> Any:
        """The clean value of ``given``, which is not empty; ``Refused`` otherwise."""

    def unusual(self, value: Any) -> bool:
        """Whether a clean value is outside what is usual: taken, and warned of."""
        return False

    @property
    def schema(self) -> dict[str, Any]:
        """What the API takes, as JSON Schema."""
        return {"type": "string"}

    @property
    def shape(self) -> dict[str, Any]:
        """What a page's script must know to read an answer as :meth:`read` does, beside the field's kind."""
        return {}

    def _text(self, given: Any, most: int) -> str:
        if not isinstance(given, str) or len(given) > most * 4 + 100 or _UNSEEN.search(given):
            raise wrong(no.NOT_TEXT, self.name, label=self.words)
        return given.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    kind: ClassVar[str] = "text"
    max_length: int = 200
    multiline: bool = False

    def read(self, given: Any) -> str:
        text = unicodedata.normalize("NFC", self._text(given, self.max_length))
        if len(text) > self.max_length:
            raise wrong(no.TOO_LONG, self.name, label=self.words, most=self.max_length)
        return text

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max_length}

    @property
    def shape(self) -> dict[str, Any]:
        return {"length": self.max_length}


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Field):
    """A text of a fixed shape: ``pattern`` is a regular expression for the whole of it."""

    kind: ClassVar[str] = "text"
    pattern: str
    max_length: int = 60

    def read(self, given: Any) -> str:
        text = unicodedata.normalize("NFKC", self._text(given, self.max_length))
        if len(text) > self.max_length or re.fullmatch(self.pattern, text) is None:
            raise wrong(no.NOT_THE_SHAPE, self.name, label=self.words)
        return text

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": self.pattern, "maxLength": self.max_length}

    @property
    def shape(self) -> dict[str, Any]:
        return {"length": self.max_length, "pattern": self.pattern}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A decimal number with at most ``places`` places, kept as its digits. ``usual`` is the range outside which one is warned."""

    kind: ClassVar[str] = "number"
    places: int = 1
    at_least: Decimal
    at_most: Decimal
    usual: tuple[Decimal, Decimal] | None = None
    mark: Mark = Mark.DESIGN

    def read(self, given: Any) -> Any:
        number = self._number(given)
        if number != number.quantize(Decimal(1).scaleb(-self.places)):
            raise wrong(no.TOO_FINE, self.name, label=self.words, places=self.places)
        return f"{number.normalize():f}" if number else "0"

    def _number(self, given: Any) -> Decimal:
        if isinstance(given, bool) or not isinstance(given, int | float | Decimal | str):
            raise wrong(no.NOT_A_NUMBER, self.name, label=self.words)
        text = unicodedata.normalize("NFKC", str(given)[: _LONGEST_NUMBER + 1]).replace(" ", "").replace(",", "")
        if len(text) > _LONGEST_NUMBER or not (_DIGITS.fullmatch(text) or isinstance(given, float)):
            raise wrong(no.NOT_A_NUMBER, self.name, label=self.words)
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise wrong(no.NOT_A_NUMBER, self.name, label=self.words) from None
        if not number.is_finite():
            raise wrong(no.NOT_A_NUMBER, self.name, label=self.words)
        unit = f" {self.unit}" if self.unit else ""
        if number < self.at_least:
            raise wrong(no.TOO_SMALL, self.name, label=self.words, least=self.at_least, unit=unit)
        if number > self.at_most:
            raise wrong(no.TOO_GREAT, self.name, label=self.words, most=self.at_most, unit=unit)
        return number

    def unusual(self, value: Any) -> bool:
        return self.usual is not None and not self.usual[0] <= Decimal(value) <= self.usual[1]

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": float(self.at_least), "maximum": float(self.at_most)}

    @property
    def shape(self) -> dict[str, Any]:
        return {"least": float(self.at_least), "most": float(self.at_most), "places": self.places}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Number):
    """A whole number, kept as a number."""

    kind: ClassVar[str] = "number"
    places: int = 0

    def read(self, given: Any) -> int:
        number = self._number(given)
        if number != int(number):
            raise wrong(no.NOT_WHOLE, self.name, label=self.words)
        return int(number)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": int(self.at_least), "maximum": int(self.at_most)}

    @property
    def shape(self) -> dict[str, Any]:
        return {"least": int(self.at_least), "most": int(self.at_most), "places": 0, "whole": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Field):
    kind: ClassVar[str] = "yes_no"

    def read(self, given: Any) -> bool:
        if isinstance(given, bool):
            return given
        word = given.strip().lower() if isinstance(given, str) and len(given) < 20 else ""
        if word not in _YES | _NO:
            raise wrong(no.NOT_YES_OR_NO, self.name, label=self.words)
        return word in _YES

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: what is kept, and what is read."""

    code: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    kind: ClassVar[str] = "choice"
    options: tuple[Option, ...]

    def read(self, given: Any) -> Any:
        return self._one(given)

    def _one(self, given: Any) -> str:
        if not isinstance(given, str) or given not in {option.code for option in self.options}:
            raise wrong(no.NO_SUCH_CHOICE, self.name, label=self.words)
        return given

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [option.code for option in self.options]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Choice):
    """Any number of the options, kept in the options' order."""

    kind: ClassVar[str] = "choices"

    def read(self, given: Any) -> list[str]:
        many = given if isinstance(given, list) else [given]
        if len(many) > len(self.options) * 2:
            raise wrong(no.NO_SUCH_CHOICE, self.name, label=self.words)
        chosen = {self._one(one) for one in many}
        return [option.code for option in self.options if option.code in chosen]

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": Choice.schema.fget(self), "uniqueItems": True}  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    """A day of the city, kept as ``2026-11-23``."""

    kind: ClassVar[str] = "day"
    earliest: date = _FIRST
    latest: date = _LAST

    def read(self, given: Any) -> str:
        try:
            day = date.fromisoformat(unicodedata.normalize("NFKC", self._text(given, 10)).replace("/", "-"))
        except ValueError:
            raise wrong(no.NOT_A_DAY, self.name, label=self.words) from None
        if day < self.earliest:
            raise wrong(no.TOO_SMALL, self.name, label=self.words, least=self.earliest, unit="")
        if day > self.latest:
            raise wrong(no.TOO_GREAT, self.name, label=self.words, most=self.latest, unit="")
        return day.isoformat()

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant(Field):
    """An instant, kept with its offset; a page's local time is the city's."""

    kind: ClassVar[str] = "instant"

    def read(self, given: Any) -> str:
        try:
            at = datetime.fromisoformat(self._text(given, 40))
            at = at if at.tzinfo is not None else at.replace(tzinfo=CITY)
            if not _FIRST < at.date() < _LAST:
                raise ValueError(at)
            return at.isoformat()
        except (ValueError, OverflowError):
            raise wrong(no.NOT_AN_INSTANT, self.name, label=self.words) from None

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}
