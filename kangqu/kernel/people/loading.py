"""Many residents at once: plain values in, finished rows of every table of people out, by binary ``COPY``.

The one way into the city for lists: a staged import, a synthetic city. Everything ``register`` does for one resident
is done here for thousands (sealing, blind index, masks, pinyin, matching keys, public codes, trace), at a cost per
resident counted in microseconds. What is *not* done here is judging: values arrive checked and in their normal form
(``normalise_name``, ``read_document``, ``read_phone``) and no resident among them is already in the index.

A ``Loader`` may be used in several processes at once, each on its own connection: numbers come in blocks from the one
sequence, codes are random, and the constraints of the tables settle the rest.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
from django.db import connection, transaction

from kangqu.kernel.basis import copying
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import ALPHABET
from kangqu.kernel.basis.sealing import BLIND_BYTES, KeyRing, keys
from kangqu.kernel.people import names
from kangqu.kernel.people.documents import IDENTIFIER_FIELD, mask_number
from kangqu.kernel.people.keys import match_keys
from kangqu.kernel.people.models import PersonName, PersonStatus, Relation, Residence, Sex
from kangqu.kernel.people.phones import PHONE_FIELD, mask_phone
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.bulk import record_each

Entropy = Callable[[int], bytes]
"""``os.urandom`` in the product, ``random.Random(seed).randbytes`` in a city that is to be made twice alike."""

NUMBERS_EACH: Final = 9
"""How many numbers a resident with at most one paper, one phone and one other name takes."""

_CODE_BLOCK: Final = 4096
_CODE_SYMBOLS: Final = 12


@dataclass(slots=True)
class NewIdentifier:
    """A document: ``number`` in its canonical form (``Document.number``)."""

    kind: str
    number: str
    verified: bool = False
    valid_to: date | None = None


@dataclass(slots=True)
class NewHousehold:
    """A household to be made. Its members share this object; the chunk of the first of them writes it and sets ``id``,
    and ``head_id`` when the head is in the same chunk."""

    region: str | None = None
    address: str = ""
    id: int | None = None
    head_id: int | None = None


@dataclass(slots=True)
class NewPerson:
    """A resident as plain, checked values. ``region`` is a code of the region table, ``relation`` GB/T 4761."""

    name: str
    sex: str = Sex.UNKNOWN.value
    birth_date: date | None = None
    identifiers: Sequence[NewIdentifier] = ()
    phones: Sequence[str] = ()
    phone_holder: str = "self"
    region: str | None = None
    address: str = ""
    registered_region: str | None = None
    registered_address: str = ""
    lives_there_since: date | None = None
    nationality: str = "CHN"
    ethnicity: str = ""
    other_names: Sequence[tuple[str, PersonName.Use]] = ()
    household: NewHousehold | int | None = None
    relation: str = ""
    status: str = PersonStatus.ACTIVE.value
    deceased_on: date | None = None
    moved_on: date | None = None
    kept_by: int | None = None


def take_id_blocks(count: int) -> list[int]:
    """``count`` new numbers from the one sequence. They arrive as runs (almost always one), not one by one."""
    if count == 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(n), max(n) FROM (SELECT n, n - row_number() OVER (ORDER BY n) AS run FROM"
            " (SELECT nextval('kangqu_id') AS n FROM generate_series(1, %s) OFFSET 0) taken) runs"
            " GROUP BY run ORDER BY 1",
            [count],
        )
        return [number for first, last in cursor.fetchall() for number in range(first, last + 1)]


def new_codes(letter: str, entropy: Entropy) -> Iterator[bytes]:
    """Public codes without end, as ``ids.new_code`` makes them, thousands at a time, in ASCII."""
    first, weights = letter.encode(), np.arange(1, _CODE_SYMBOLS + 1)
    symbols = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
    while True:
        drawn = np.frombuffer(entropy(_CODE_BLOCK * _CODE_SYMBOLS), dtype=np.uint8)
        # 248 is the largest multiple of 31 in a byte: what lies above it is drawn again, or some symbols were likelier.
        drawn = drawn[drawn < 248] % 31
        body = drawn[: len(drawn) // _CODE_SYMBOLS * _CODE_SYMBOLS].reshape(-1, _CODE_SYMBOLS)
        check = (body @ weights % 31).astype(np.uint8)
        text = symbols[np.column_stack((body, check))].tobytes()
        for start in range(0, len(text), _CODE_SYMBOLS + 1):
            yield first + text[start : start + _CODE_SYMBOLS + 1]


@lru_cache(maxsize=1 << 15)
def _day(value: date | None) -> bytes:
    return copying.day(value)


@lru_cache(maxsize=1 << 14)
def _short(value: str | None) -> bytes:
    """A packed text that comes again and again: a region, a nationality, a kind."""
    return copying.text(value)


class Table:
    """A table being filled: its columns, and the rows packed so far."""

    def __init__(self, name: str, *columns: str) -> None:
        self.name, self.columns, self.rows = name, columns, list[bytes]()
        self.count = copying.pack_count(len(columns))

    def copy(self) -> None:
        copying.copy_rows(self.name, self.columns, self.rows)


def _tables() -> tuple[Table, ...]:
    return (
        Table("people_household", "id", "code", "region_id", "address", "formed_at", "head_id"),
        Table(
            "people_person", "id", "public_code", "name", "name_pinyin", "name_initials", "sex", "birth_date",
            "region_id", "address", "nationality", "ethnicity", "status", "deceased_on", "moved_on", "kept_by_id",
            "registered_at", "changed_at", "version", "demo",
        ),
        Table(
            "people_identifier", "person_id", "id", "kind", "sealed", "blind", "shown", "verified", "valid_to",
            "mistaken", "recorded_at",
        ),
        Table("people_identifierdirectory", "blind", "kind", "person_id", "issued_twice"),
        Table("people_phone", "person_id", "id", "sealed", "blind", "shown", "holder", "recorded_at"),
        Table("people_residence", "person_id", "id", "use", "region_id", "address", "from_on", "to_on"),
        Table("people_householdmember", "person_id", "id", "household_id", "relation", "from_on", "to_on"),
        Table("people_personname", "person_id", "id", "name", "name_pinyin", "use", "ended_on"),
        Table("people_matchkey", "key", "person_id"),
    )  # fmt: skip


_FALSE: Final = copying.boolean(False)
_HOME: Final = copying.text(Residence.Use.HOME.value)
_REGISTERED: Final = copying.text(Residence.Use.REGISTERED.value)
_BLIND_LENGTH: Final = copying.LENGTHS[BLIND_BYTES]
_CODE_LENGTH: Final = copying.LENGTHS[_CODE_SYMBOLS + 2]
_MATCH_KEY: Final = struct.Struct(">iqiq").pack


def _packed_reading(name: str) -> tuple[bytes, bytes]:
    pinyin, initials = names.spell(name)
    return copying.text(pinyin), copying.text(initials)


class Loader:
    """Writes residents in chunks; keeps what is dear to make (ciphers, readings, codes) from chunk to chunk."""

    def __init__(
        self,
        *,
        kept_by: int | None = None,
        demo: bool = False,
        entropy: Entropy = os.urandom,
        ring: KeyRing | None = None,
    ) -> None:
        self.kept_by, self.demo = kept_by, demo
        ring = ring or keys()
        self.seal_number, self.blind_number = ring.sealer(IDENTIFIER_FIELD), ring.blinder(IDENTIFIER_FIELD)
        self.seal_phone, self.blind_phone = ring.sealer(PHONE_FIELD), ring.blinder(PHONE_FIELD)
        self.reseed(entropy)
        self.reading = lru_cache(maxsize=1 << 16)(_packed_reading)

    def reseed(self, entropy: Entropy) -> None:
        """Draw public codes from another source from now on: a city made twice draws each chunk's from its own."""
        self.codes, self.household_codes = new_codes("R", entropy), new_codes("H", entropy)

    def write(
        self,
        people: Sequence[NewPerson],
        *,
        by: Actor,
        at: datetime,
        action: str = "people.register",
        numbers_from: int | None = None,
        object_type: str = "person",
        object_id: int | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> list[int]:
        """Write ``people``, with a trace row for each that says ``by`` did ``action`` at ``at``; return their numbers.

        All or none, in one transaction (or the caller's). Raises ``IntegrityError`` when a document already names a
        resident: who is new was to be decided before. ``numbers_from``: the first of numbers that the caller took from
        the sequence beforehand, ``NUMBERS_EACH`` for a resident with one of each paper, phone and other name.
        """
        needed = 2 * len(people) + sum(map(_rows_of, people))
        taken = take_id_blocks(needed) if numbers_from is None else list(range(numbers_from, numbers_from + needed))
        packer = _Packer(self, at, taken)
        with transaction.atomic():
            numbers = [packer.add(person) for person in people]
            packer.add_households()
            for table in packer.tables:
                table.copy()
            entry = replace(by, ip=None).did(action, at=at, object_type=object_type, object_id=object_id, facts=facts)
            record_each(entry, numbers, [packer.next_id() for _ in numbers])
        return numbers

    def form(self, households: Sequence[NewHousehold], *, at: datetime) -> None:
        """Write households whose members are residents already; each gets its ``id``."""
        packer = _Packer(self, at, take_id_blocks(len(households)))
        for household in households:
            household.id = packer.next_id()
            packer.new_households.append(household)
        packer.add_households()
        packer.household.copy()

    def write_more(self, more: Sequence[tuple[int, NewPerson]], *, at: datetime) -> None:
        """Write the documents, phones, addresses, other names and matching keys of ``NewPerson`` for residents that are
        there already, by their numbers. The residents' own rows and the trace are the caller's.
        """
        packer = _Packer(self, at, take_id_blocks(sum(_rows_of(person) for _, person in more)))
        with transaction.atomic():
            for number, person in more:
                packer.add_rows(person, number)
            for table in packer.tables:
                table.copy()


def _rows_of(person: NewPerson) -> int:
    """How many numbers the rows beside the person's own may take."""
    return len(person.identifiers) + len(person.phones) + len(person.other_names) + 4


class _Packer:
    """One chunk being packed: the tables it fills and the numbers it draws on."""

    def __init__(self, loader: Loader, at: datetime, numbers: list[int]) -> None:
        self.loader, self.at, self.today = loader, copying.instant(at), city_day(at)
        self.next_id = iter(numbers).__next__
        self.new_households: list[NewHousehold] = []
        self.household, self.person, self.identifier, self.directory, self.phone, self.residence, self.member, \
            self.other_name, self.match_key = self.tables = _tables()  # fmt: skip
        self._tail = b"".join((self.at, self.at, copying.int4(1), copying.boolean(loader.demo)))

    def add(self, person: NewPerson) -> int:
        """Pack every row of ``person``; return the number it got."""
        number = self.next_id()
        self._add_person(person, copying.pack_int8(8, number))
        self.add_rows(person, number)
        return number

    def add_rows(self, person: NewPerson, number: int) -> None:
        """Pack the rows that live with ``person``, whose number is ``number``."""
        key = copying.pack_int8(8, number)
        for paper in person.identifiers:
            self._add_identifier(paper, key)
        for phone in person.phones:
            self._add_phone(phone, person.phone_holder, key)
        self._add_residences(person, key)
        if person.household is not None:
            self._add_member(person, person.household, number, key)
        for name, use in person.other_names:
            self._add_name(name, use, key)
        self._add_match_keys(person, number)

    def _add_person(self, person: NewPerson, key: bytes) -> None:
        pinyin, initials = self.loader.reading(person.name)
        kept_by = self.loader.kept_by if person.kept_by is None else person.kept_by
        self.person.rows.append(
            b"".join(
                (
                    self.person.count,
                    key,
                    _CODE_LENGTH,
                    next(self.loader.codes),
                    copying.text(person.name),
                    pinyin,
                    initials,
                    _short(person.sex),
                    _day(person.birth_date),
                    _short(person.region),
                    copying.text(person.address),
                    _short(person.nationality),
                    _short(person.ethnicity),
                    _short(person.status),
                    _day(person.deceased_on),
                    _day(person.moved_on),
                    copying.int8(kept_by),
                    self._tail,
                )
            )
        )

    def _add_identifier(self, paper: NewIdentifier, key: bytes) -> None:
        loader, kind = self.loader, _short(paper.kind)
        blind = _BLIND_LENGTH + loader.blind_number(paper.number)
        sealed = loader.seal_number(paper.number)
        shown = copying.text(mask_number(paper.number))
        flags = (copying.boolean(paper.verified), _day(paper.valid_to), _FALSE, self.at)
        row = (
            self.identifier.count,
            key,
            copying.pack_int8(8, self.next_id()),
            kind,
            copying.blob(sealed),
            blind,
            shown,
        )
        self.identifier.rows.append(b"".join(row + flags))
        self.directory.rows.append(b"".join((self.directory.count, blind, kind, key, _FALSE)))

    def _add_phone(self, phone: str, holder: str, key: bytes) -> None:
        loader = self.loader
        self.phone.rows.append(
            b"".join(
                (
                    self.phone.count,
                    key,
                    copying.pack_int8(8, self.next_id()),
                    copying.blob(loader.seal_phone(phone)),
                    _BLIND_LENGTH,
                    loader.blind_phone(phone),
                    copying.text(mask_phone(phone)),
                    _short(holder),
                    self.at,
                )
            )
        )

    def _add_residences(self, person: NewPerson, key: bytes) -> None:
        if person.region or person.address:
            self._add_residence(_HOME, person.region, person.address, person.lives_there_since, key)
        if person.registered_region or person.registered_address:
            self._add_residence(_REGISTERED, person.registered_region, person.registered_address, None, key)

    def _add_residence(self, use: bytes, region: str | None, address: str, since: date | None, key: bytes) -> None:
        place = (_short(region), copying.text(address), _day(since), copying.NULL)
        self.residence.rows.append(
            b"".join((self.residence.count, key, copying.pack_int8(8, self.next_id()), use, *place))
        )

    def _add_member(self, person: NewPerson, household: NewHousehold | int, number: int, key: bytes) -> None:
        if isinstance(household, NewHousehold):
            if household.id is None:
                household.id = self.next_id()
                self.new_households.append(household)
            if person.relation == Relation.HEAD:
                household.head_id = number
            household = household.id
        joined = _day(person.lives_there_since or self.today)
        parts = (key, copying.pack_int8(8, self.next_id()), copying.pack_int8(8, household), _short(person.relation))
        self.member.rows.append(b"".join((self.member.count, *parts, joined, copying.NULL)))

    def add_households(self) -> None:
        """Pack the households that this chunk's residents opened, when their heads are known."""
        for household in self.new_households:
            code = (_CODE_LENGTH, next(self.loader.household_codes))
            place = (_short(household.region), copying.text(household.address))
            parts = (copying.int8(household.id), *code, *place, self.at, copying.int8(household.head_id))
            self.household.rows.append(b"".join((self.household.count, *parts)))

    def _add_name(self, name: str, use: str, key: bytes) -> None:
        parts = (key, copying.pack_int8(8, self.next_id()), copying.text(name), self.loader.reading(name)[0])
        self.other_name.rows.append(b"".join((self.other_name.count, *parts, _short(use), copying.NULL)))

    def _add_match_keys(self, person: NewPerson, number: int) -> None:
        pack, count = _MATCH_KEY, self.match_key.count
        keys_of = match_keys(person.name, person.birth_date, person.sex) if person.name else ()
        self.match_key.rows += [count + pack(8, key, 8, number) for key in keys_of]
