"""What is matched: a row as it was written down, and the same row made comparable."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Row:
    """One person as one list describes them. Every value is text as found; an empty text is a missing value.

    ``name`` is the full name, used where ``given_name`` and ``surname`` are not told apart. ``identifier`` is a
    document number of any kind; a resident identity number (GB 11643) is recognised by its form. ``mother_name``
    serves newborns, who are often entered before they have a name or a number.
    """

    given_name: str = ""
    surname: str = ""
    name: str = ""
    sex: str = ""
    birth_date: str = ""
    address: str = ""
    phone: str = ""
    identifier: str = ""
    mother_name: str = ""


class Paper(StrEnum):
    """How far a document number can be trusted."""

    NONE = "none"
    CHECKED = "checked"  # 18 characters, real date, right check digit
    OLD = "old"  # 15 digits, written here in its 18-character form; it had no check digit of its own
    DAMAGED = "damaged"  # the form of a resident number, but its date or check digit is wrong
    OTHER = "other"  # any other number: passport, birth certificate, insurance


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a name (the surname or the given name), folded for comparison.

    ``text`` has traditional characters, widths, case, accents and blanks folded away. ``sound`` is the pinyin of
    each Han character without tone (for Latin text: the letters), ``tone`` the same with tones.
    """

    text: str = ""
    han: bool = False
    sound: tuple[str, ...] = ()
    tone: tuple[str, ...] = ()
    spoken: str = field(init=False, compare=False)
    """The sound as one run of letters, the same for 王伟 and for Wang Wei's parts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "spoken", "".join(self.sound))


NOTHING = Part()


@dataclass(frozen=True, slots=True)
class Subject:
    """A row made comparable by ``normalise.prepare``. Missing values are empty; nothing here is guessed."""

    given: Part = NOTHING
    surname: Part = NOTHING
    sex: str = ""
    birth: str = ""
    birth_from_paper: bool = False
    sex_from_paper: bool = False
    address: str = ""
    house_numbers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    identifier: str = ""
    paper: Paper = Paper.NONE
    mother: str = ""
    mother_sound: str = ""
    newborn: bool = False
    birth_order: str = ""
    full: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "full", self.surname.text + self.given.text)
