"""What can be asked about residents. No look is traced here: the doors (``access``) decide and trace, then ask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

from django.db.models import Q, QuerySet

from kangqu.kernel.basis.clock import age_on, city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people.documents import RESIDENT_ID, blind_of, fold
from kangqu.kernel.people.models import (
    Household,
    HouseholdMember,
    Identifier,
    IdentifierDirectory,
    IdentifierKind,
    Merging,
    Person,
    PersonName,
    PersonStatus,
    Phone,
    Proxy,
    Residence,
    Review,
)
from kangqu.kernel.people.names import normalise_name
from kangqu.kernel.people.phones import normalise_phone, phone_blind
from kangqu.kernel.people.refusals import SEARCH_MORE
from kangqu.kernel.people.register import LARGEST_ID, PUBLIC_LETTER, policies

MOST_HITS: Final = 100


def person_of_code(code: str) -> Person:
    """The resident a public code means: the record that speaks for it if it was merged. ``not_found`` otherwise."""
    canonical = read_code(code, PUBLIC_LETTER) if len(code) <= 40 else None
    person = Person.objects.select_related("merged_into").filter(public_code=canonical).first() if canonical else None
    if person is None:
        raise Refused(NOT_FOUND)
    return person.merged_into or person


def person_of_id(person_id: int) -> Person:
    """The resident a number means: the record that speaks for it if it was merged. ``not_found`` otherwise."""
    known = Person.objects.select_related("merged_into").filter(pk=person_id) if 0 < person_id <= LARGEST_ID else None
    person = known.first() if known is not None else None
    if person is None:
        raise Refused(NOT_FOUND)
    return person.merged_into or person


def person_ids_of(person: Person | int) -> list[int]:
    """The numbers of every record of a resident: the one that speaks for her, and those merged into it."""
    pk = person if isinstance(person, int) else person.pk
    root = Person.objects.values_list("merged_into_id", flat=True).filter(pk=pk).first() or pk
    return sorted({root, *Person.objects.filter(merged_into_id=root).values_list("pk", flat=True)})


def identifiers_of(person: Person | int) -> QuerySet[Identifier]:
    """Papers a resident holds or held, those entered by mistake left out; the verified first."""
    rows = Identifier.objects.filter(person_id__in=person_ids_of(person), mistaken=False)
    return rows.order_by("kind", "-verified", "id")


def phones_of(person: Person | int) -> QuerySet[Phone]:
    """A resident's phones, the verified and the newest first."""
    return Phone.objects.filter(person_id__in=person_ids_of(person), ended_at=None).order_by(
        "-verified_at", "-recorded_at"
    )


def names_of(person: Person | int) -> QuerySet[PersonName]:
    return PersonName.objects.filter(person_id__in=person_ids_of(person)).order_by("id")


def residences_of(person: Person | int) -> QuerySet[Residence]:
    return Residence.objects.filter(person_id__in=person_ids_of(person)).order_by("use", "-from_on", "-id")


def merges_of(person: Person | int) -> QuerySet[Merging]:
    """Merges a resident's records took part in, the newest first; those that stand can be undone."""
    ids = person_ids_of(person)
    return Merging.objects.filter(Q(survivor_id__in=ids) | Q(absorbed_id__in=ids)).order_by("-merged_at", "-id")


class After(NamedTuple):
    """Where a page of hits ended."""

    key: str
    born: date | None
    id: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A resident found, and the record the words were found on (another name, a merged record)."""

    person: Person
    record_id: int


@dataclass(frozen=True, slots=True)
class Page:
    hits: tuple[Hit, ...]
    after: After | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is known of somebody. One of document, phone, code, name, pinyin and initials; the rest narrows."""

    document: str = ""
    kind: str = ""
    phone: str = ""
    code: str = ""
    name: str = ""
    exact: bool = False
    pinyin: str = ""
    initials: str = ""
    birth_date: date | None = None
    region: str = ""


_LETTERS: Final = re.compile("[a-zü' ]+")
_DIGITS: Final = re.compile("[0-9xX]+")


def guess(text: str) -> Search:
    """What the words in the one find box mean: a code, a number on paper, a phone, a name, its pinyin or initials."""
    words = " ".join(text[:100].split())
    folded = fold(words)
    if (code := read_code(words, PUBLIC_LETTER)) is not None:
        return Search(code=code)
    if _DIGITS.fullmatch(folded) and len(folded) in (15, 18):
        return Search(document=folded, kind=RESIDENT_ID)
    if normalise_phone(words):
        return Search(phone=words)
    letters = words.lower()
    if _LETTERS.fullmatch(letters):
        bare = letters.replace(" ", "").replace("'", "").replace("ü", "v")
        return Search(initials=bare) if len(bare) <= 4 and not set(bare) & set("aeiouv") else Search(pinyin=bare)
    if any(letter.isdigit() for letter in folded) and folded.isascii():
        return Search(document=folded)
    return Search(name=words)


def search(wanted: Search, *, within: Sequence[str] | None = None, after: After | None = None, limit: int = 20) -> Page:
    """Residents that fit, at most ``limit`` (1–100), ordered by what was asked for and birth date.

    ``within``: only people living in one of these regions (codes; a code stands for its whole subtree). By document,
    phone and code all hits come at once; by name page by page.
    """
    limit = max(1, min(limit, MOST_HITS))
    direct = _direct(wanted)
    if direct is not None:
        rows = list(_narrowed(Person.objects.filter(pk__in=direct), wanted, within).order_by("pk")[:MOST_HITS])
        return Page(_hits(rows), None)
    column, rows_asked = _by_words(wanted)
    page = list(
        _narrowed(rows_asked, wanted, within)
        .filter(_past(column, after))
        .order_by(column, "birth_date", "id")[: limit + 1]
    )
    last = page[limit - 1] if len(page) > limit else None
    rest = After(getattr(last, column), last.birth_date, last.pk) if last is not None else None
    hits = _hits(page[:limit])
    if after is None and wanted.name:
        hits += _by_other_names(wanted, within, {hit.person.pk for hit in hits}, limit)
    return Page(hits, rest)


def _direct(wanted: Search) -> list[int] | None:
    """Records by an equality that hardly anybody shares; None when nothing of the kind was asked."""
    if wanted.code:
        code = read_code(wanted.code, PUBLIC_LETTER)
        return list(Person.objects.filter(public_code=code).values_list("pk", flat=True)) if code else []
    if wanted.document:
        kinds = {wanted.kind} if wanted.kind else set(IdentifierKind.values)
        blinds = {blind_of(kind, wanted.document) for kind in kinds}
        rows = IdentifierDirectory.objects.filter(blind__in=blinds)
        return list((rows.filter(kind=wanted.kind) if wanted.kind else rows).values_list("person_id", flat=True))
    if wanted.phone:
        number = normalise_phone(wanted.phone)
        held = Phone.objects.filter(blind=phone_blind(number), ended_at=None) if number else Phone.objects.none()
        return list(held.values_list("person_id", flat=True)[:MOST_HITS])
    return None


def _by_words(wanted: Search) -> tuple[str, QuerySet[Person]]:
    """The column that orders the hits, and the rows that fit the words."""
    if wanted.name:
        name = normalise_name(wanted.name)
        return "name", Person.objects.filter(name=name) if wanted.exact else Person.objects.filter(
            name__startswith=name
        )
    for column, letters in (("name_pinyin", wanted.pinyin), ("name_initials", wanted.initials)):
        bare = letters.lower().replace(" ", "")[:100]
        if bare:
            if len(bare) < 2 or "\0" in bare or not bare.isprintable():
                raise Refused(SEARCH_MORE)
            return column, Person.objects.filter(**{f"{column}__startswith": bare})
    raise Refused(SEARCH_MORE)


def _past(column: str, after: After | None) -> Q:
    if after is None:
        return Q()
    later = Q(birth_date=after.born, id__gt=after.id)
    if after.born is not None:
        later |= Q(birth_date__gt=after.born) | Q(birth_date=None)
    return Q(**{f"{column}__gte": after.key}) & (Q(**{f"{column}__gt": after.key}) | later)


def _narrowed(rows: QuerySet[Person], wanted: Search, within: Sequence[str] | None) -> QuerySet[Person]:
    if wanted.birth_date is not None:
        rows = rows.filter(birth_date=wanted.birth_date)
    if wanted.region:
        rows = rows.filter(_in_regions([wanted.region]))
    return rows if within is None else rows.filter(_in_regions(within))


def _in_regions(codes: Iterable[str]) -> Q:
    """A region's subtree is the range of codes up to its own plus one, in digits, which every collation orders alike."""
    known = [code for code in codes if code.isascii() and code.isdigit() and len(code) <= 12]
    ranges = [Q(region_id__gte=code, region_id__lt=str(int(code) + 1).zfill(len(code))) for code in known]
    return reduce(or_, ranges, Q(pk__in=()))


def _by_other_names(wanted: Search, within: Sequence[str] | None, seen: set[int], limit: int) -> tuple[Hit, ...]:
    """People found by a former or other name."""
    named = PersonName.objects.filter(name=normalise_name(wanted.name)).values("person_id")[:limit]
    rows = _narrowed(Person.objects.filter(pk__in=named), wanted, within).order_by("pk")
    return tuple(hit for hit in _hits(list(rows)) if hit.person.pk not in seen)


def _hits(rows: Sequence[Person]) -> tuple[Hit, ...]:
    """Each record as the resident it belongs to, every resident once."""
    roots = Person.objects.in_bulk({row.merged_into_id for row in rows if row.merged_into_id})
    found: dict[int, Hit] = {}
    for row in rows:
        person = roots[row.merged_into_id] if row.merged_into_id else row
        found.setdefault(person.pk, Hit(person, row.pk))
    return tuple(found.values())


_NOT_LIVING: Final = (PersonStatus.DECEASED, PersonStatus.MERGED)


def agents_of(person: Person | int, at: datetime) -> list[Proxy]:
    """Grants in force by which others act for a resident; none when she is not living."""
    return _in_force(Proxy.objects.filter(person_id__in=person_ids_of(person)), at)


def acts_for(agent: Person | int, at: datetime) -> list[Proxy]:
    """Grants in force by which a resident acts for others."""
    return _in_force(Proxy.objects.filter(agent_id__in=person_ids_of(agent)), at)


def proxy_between(person: Person | int, agent: Person | int, at: datetime) -> Proxy | None:
    """The grant by which ``agent`` may act for ``person`` at this moment, or None."""
    rows = Proxy.objects.filter(person_id__in=person_ids_of(person), agent_id__in=person_ids_of(agent))
    return next(iter(_in_force(rows, at)), None)


def _in_force(rows: QuerySet[Proxy], at: datetime) -> list[Proxy]:
    open_rows = list(rows.filter(revoked_at=None, starts_at__lte=at, ends_at__gt=at).order_by("starts_at", "id"))
    sides = {each for row in open_rows for each in (row.person_id, row.agent_id)}
    people = Person.objects.select_related("merged_into").in_bulk(sides)
    living = {pk for pk, person in people.items() if (person.merged_into or person).status not in _NOT_LIVING}
    return [row for row in open_rows if {row.person_id, row.agent_id} <= living]


def consents_for_herself(person: Person, at: datetime) -> bool:
    """Whether a resident is old enough to consent to the use of her data (PIPL art. 31); unknown age is not enough."""
    today = city_day(at)
    if person.birth_date is None:
        return False
    return age_on(person.birth_date, today) >= policies().value("people.own_consent_age", on=today)


@dataclass(frozen=True, slots=True)
class Member:
    person: Person
    relation: str


def household_of(person: Person | int) -> Household | None:
    """The household a resident belongs to now."""
    row = HouseholdMember.objects.filter(person_id__in=person_ids_of(person), to_on=None).first()
    return Household.objects.get(pk=row.household_id) if row is not None else None


def members_of(household_id: int) -> list[Member]:
    """Who belongs to a household now: the head first, then by relation and age."""
    rows = HouseholdMember.objects.filter(household_id=household_id, to_on=None).select_related("person")
    found = [Member(row.person, row.relation) for row in rows]
    return sorted(found, key=lambda member: (member.relation, member.person.birth_date or date.max, member.person.pk))


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair at the review desk, each record with the resident it belongs to by now."""

    review: Review
    left: Person
    right: Person


def open_reviews(*, after: tuple[float, int] | None = None, limit: int = 20) -> list[Pair]:
    """Pairs waiting for a human, the likeliest first; those that became one resident meanwhile are left out.

    ``after``: probability and number of the last pair of the page before.
    """
    rows = Review.objects.filter(state=Review.State.OPEN)
    if after is not None:
        rows = rows.filter(
            Q(probability__lt=after[0]) | Q(probability=after[0], id__gt=after[1]), probability__lte=after[0]
        )
    return _pairs(list(rows.order_by("-probability", "id")[: max(1, min(limit, MOST_HITS))]), hide_settled=True)


def review_pair(review_id: int) -> Pair:
    """One pair, decided or not. ``not_found`` otherwise."""
    rows = list(Review.objects.filter(pk=review_id)) if 0 < review_id <= LARGEST_ID else []
    if not rows:
        raise Refused(NOT_FOUND)
    return _pairs(rows, hide_settled=False)[0]


def _pairs(rows: Sequence[Review], *, hide_settled: bool) -> list[Pair]:
    people = Person.objects.in_bulk({each for row in rows for each in (row.left_id, row.right_id)})
    pairs = [Pair(row, people[row.left_id], people[row.right_id]) for row in rows]
    return [pair for pair in pairs if not hide_settled or _root(pair.left) != _root(pair.right)]


def _root(person: Person) -> int:
    return person.merged_into_id or person.pk
