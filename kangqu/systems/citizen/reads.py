"""What the residents' pages show: the resident herself, those she stands for, who stands for her, what waits for a yes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.access.consent import ConsentText, consent_text, consents_of
from kangqu.kernel.access.doors import Access, access_person
from kangqu.kernel.access.looks import institution_names, purpose_word
from kangqu.kernel.access.phone_codes import accounts_of_phone
from kangqu.kernel.access.residents import reach_of
from kangqu.kernel.access.roles import Purpose, Right
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.notices.reads import Line, inbox
from kangqu.kernel.people.kinship import kin_word
from kangqu.kernel.people.models import Identifier, IdentifierKind, Person, PersonStatus, Phone, Proxy, ProxyKind
from kangqu.kernel.people.reads import (
    acts_for,
    agents_of,
    identifiers_of,
    person_ids_of,
    person_of_code,
    person_of_id,
    phones_of,
)
from kangqu.kernel.places.models import Institution
from kangqu.kernel.places.reads import find_institutions, served_by
from kangqu.systems.citizen.kin import RIGHTS, paper_word, sex_word
from kangqu.systems.citizen.models import Offer

_FEW: Final = 20
_SENDER: Final = re.compile(r"^(【康衢】|\[Kangqu\] )")
AGENTS, FOR = "agents", "for"
"""The two sides of a tie as the resident sees it: those who act for her, those she acts for."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A resident as her own pages show her: no number that is not masked."""

    person_id: int
    code: str
    name: str
    sex: str
    birth_date: date | None
    address: str
    number: str
    number_kind: str
    verified: bool
    deceased: bool


def resident_of(opened: Access) -> Resident:
    """The person behind an opened door, with the best of her papers."""
    person = opened.person
    papers = [paper for paper in identifiers_of(person) if paper.ended_at is None]
    best = min(papers, key=_rank, default=None)
    return Resident(
        person_id=person.pk,
        code=person.public_code,
        name=person.name,
        sex=sex_word(person.sex),
        birth_date=person.birth_date,
        address=_address(person),
        number=best.shown if best else "",
        number_kind=paper_word(best.kind) if best else "",
        verified=any(paper.kind != IdentifierKind.HEALTH_RECORD for paper in papers),
        deceased=person.status == PersonStatus.DECEASED,
    )


def inbox_of(person_ids: list[int], *, before_id: int | None = None, limit: int) -> list[Line]:
    """Messages in the language of the page; the sender's name, which texts begin with, is plain on our own pages."""
    lines = inbox(person_ids, language=get_language() or "zh", before_id=before_id, limit=limit)
    return [replace(line, text=_SENDER.sub("", line.text)) for line in lines]


def _rank(paper: Identifier) -> tuple[bool, bool, str]:
    """The identity card first, then what was verified."""
    return paper.kind == IdentifierKind.HEALTH_RECORD, not paper.verified, paper.kind


def _address(person: Person) -> str:
    return f"{person.region.name if person.region is not None else ''} {person.address}".strip()


def self_or_ward(viewer: Viewer, who: str, *, at: datetime, action: str) -> Resident:
    """The resident who is signed in (``who`` empty), or, by public code, a child she is the guardian of."""
    return resident_of(access_person(viewer, who or viewer.person_id or 0, to=Purpose.SELF, at=at, action=action))


def myself(viewer: Viewer, *, at: datetime, action: str) -> Resident:
    """The resident who is signed in."""
    return self_or_ward(viewer, "", at=at, action=action)


@dataclass(frozen=True, slots=True)
class PhoneShown:
    number: str
    verified: bool


def phones_shown(person_id: int) -> list[PhoneShown]:
    """A resident's phones, masked. The caller has passed the door."""
    rows: Iterable[Phone] = phones_of(person_id)
    return [PhoneShown(row.shown, row.verified_at is not None) for row in rows]


def sharing_the_phone(viewer: Viewer, *, at: datetime) -> list[str]:
    """The others, masked, who sign in with the resident's phone: whoever holds it opens her account as well."""
    reached = reach_of(viewer.person_id or 0)
    members = accounts_of_phone(reached.phone, at=at) if reached else []
    return [each.name for each in members if each.account_id != viewer.account_id]


@dataclass(frozen=True, slots=True)
class Tie:
    """A grant in force between the resident and somebody of her family."""

    side: str
    person_id: int  # whose row it is
    number: int
    code: str
    name: str
    kin: str
    relation: str
    guardian: bool
    rights: frozenset[str]
    until: date

    @property
    def right_words(self) -> list[str]:
        return [str(word) for right, word in RIGHTS if right in self.rights]

    @property
    def may_show_code(self) -> bool:
        return self.guardian or Right.CODE in self.rights


def agents(viewer: Viewer, *, at: datetime) -> list[Tie]:
    """Those who act for the resident now."""
    return _ties(AGENTS, agents_of(viewer.person_id or 0, at))


def acting_for(viewer: Viewer, *, at: datetime) -> list[Tie]:
    """Those the resident acts for now."""
    return _ties(FOR, acts_for(viewer.person_id or 0, at))


def tie(viewer: Viewer, side: str, code: str, *, at: datetime) -> Tie | None:
    """The one tie with the resident of ``code`` on ``side``."""
    found = agents(viewer, at=at) if side == AGENTS else acting_for(viewer, at=at) if side == FOR else []
    return next((each for each in found if each.code == code), None)


def _ties(side: str, rows: list[Proxy]) -> list[Tie]:
    people = _speaking({row.agent_id if side == AGENTS else row.person_id for row in rows})
    found = []
    for row in rows:
        other = people[row.agent_id if side == AGENTS else row.person_id]
        found.append(
            Tie(
                side=side,
                person_id=row.person_id,
                number=row.id,
                code=other.public_code,
                name=other.name,
                kin=kin_word(row.relation, other.sex, seen_by_agent=side == FOR),
                relation=row.relation,
                guardian=row.kind == ProxyKind.GUARDIAN,
                rights=frozenset(row.rights),
                until=city_day(row.ends_at - timedelta(microseconds=1)),
            )
        )
    return found


def _speaking(numbers: set[int]) -> dict[int, Person]:
    """The records that speak for these numbers."""
    found = Person.objects.select_related("merged_into").in_bulk(numbers)
    return {number: person.merged_into or person for number, person in found.items()}


def has_been_agent(viewer: Viewer, code: str, *, at: datetime) -> bool:
    """Whether the resident acts or once acted for the one of ``code``: she may be told why a door stays shut."""
    try:
        person = person_of_code(code)
    except Refused:
        return False
    rows = Proxy.objects.filter(
        person_id__in=person_ids_of(person), agent_id__in=person_ids_of(viewer.person_id or 0), starts_at__lte=at
    )
    return rows.exists()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request between the resident and another that nobody has answered yet."""

    side: str
    code: str
    name: str
    kin: str
    mine: bool  # the resident asked; otherwise it is hers to answer
    right_words: list[str]
    until: date
    ends_at: datetime


def open_offers(viewer: Viewer, *, at: datetime) -> list[Waiting]:
    """Requests made by the resident or waiting for her, those for her to answer first."""
    me = person_ids_of(viewer.person_id or 0)
    rows = [*Offer.objects.filter(person_id__in=me), *Offer.objects.filter(agent_id__in=me)]
    live = [row for row in rows if row.answered_at is None and row.ends_at > at]
    people = _speaking({each for row in live for each in (row.person_id, row.agent_id)})
    found = []
    for row in live:
        side = FOR if row.agent_id in me else AGENTS
        other = people[row.person_id if side == FOR else row.agent_id]
        found.append(
            Waiting(
                side=side,
                code=other.public_code,
                name=other.name,
                kin=kin_word(row.relation, other.sex, seen_by_agent=side == FOR),
                mine=row.asked_by_agent == (side == FOR),
                right_words=[str(word) for right, word in RIGHTS if right in row.rights],
                until=row.until,
                ends_at=row.ends_at,
            )
        )
    return sorted(found, key=lambda each: (each.mine, each.ends_at))


def open_offer(viewer: Viewer, side: str, code: str, *, at: datetime) -> Offer | None:
    """The unanswered request with the resident of ``code`` on ``side``, if it has not run out."""
    me, other = person_ids_of(viewer.person_id or 0), person_ids_of(person_of_code(code))
    whose = (
        {"person_id__in": me, "agent_id__in": other} if side == AGENTS else {"person_id__in": other, "agent_id__in": me}
    )
    return Offer.objects.filter(**whose, answered_at=None, ends_at__gt=at).first()


@dataclass(frozen=True, slots=True)
class ConsentShown:
    """A consent as the resident reads it: to whom, for what, until when, in the words she agreed to."""

    number: int
    institution: str
    purpose: str
    text: str
    given_at: datetime
    ends_on: date
    withdrawn_at: datetime | None
    in_force: bool


def consents(person_id: int, *, at: datetime, english: bool) -> list[ConsentShown]:
    """Every consent of a resident, latest first. The caller has passed the door."""
    rows = consents_of(person_id)
    names = institution_names(row.institution_id for row in rows if row.institution_id is not None)
    shown = []
    for row in rows:
        text = consent_text(Purpose(row.purpose), on=city_day(row.given_at))
        shown.append(
            ConsentShown(
                number=row.id,
                institution=names.get(row.institution_id or 0, ""),
                purpose=purpose_word(row.purpose, english=english),
                text=text.en if english else text.zh,
                given_at=row.given_at,
                ends_on=city_day(row.ends_at - timedelta(microseconds=1)),
                withdrawn_at=row.withdrawn_at,
                in_force=row.withdrawn_at is None and row.ends_at > at,
            )
        )
    return shown


CONSENTED_TO: Final = (
    (Purpose.CARE, _("看病：查看我的健康档案")),
    (Purpose.PUBLIC_HEALTH, _("随访、体检、打疫苗：查看我的健康档案")),
    (Purpose.REGISTRATION, _("建档：查看和更正我的基本信息")),
)
"""What a resident may agree to, in her own words."""


def consent_choices(*, on: date) -> list[tuple[str, str]]:
    """The purposes with a text in force: key and words."""
    return [(purpose.value, str(word)) for purpose, word in CONSENTED_TO if consent_text(purpose, on=on)]


def text_for(purpose: str, *, on: date) -> ConsentText:
    """The text in force for a purpose of the list; any other is not found."""
    if purpose not in {each.value for each, _word in CONSENTED_TO}:
        raise Refused(NOT_FOUND)
    return consent_text(Purpose(purpose), on=on)


@dataclass(frozen=True, slots=True)
class Trusted:
    """An institution as a resident picks it."""

    code: str
    name: str
    where: str


def institutions_called(text: str) -> list[Trusted]:
    """Open institutions of a name, its pinyin or initials: the first twenty."""
    return [_trusted(each) for each in find_institutions(text=text, limit=_FEW).rows]


def institutions_nearby(person_id: int) -> list[Trusted]:
    """Those in charge of where the resident lives, and the one that keeps her record."""
    person = person_of_id(person_id)
    around = list(served_by(person.region_id or "-").select_related("region")[:_FEW])
    kept = [person.kept_by] if person.kept_by else []
    found = {each.pk: each for each in [*around, *kept] if each.closed_on is None}
    return [_trusted(each) for each in found.values()]


def institution_to_trust(code: str) -> Trusted:
    """An open institution by its code; ``Refused(NOT_FOUND)`` otherwise."""
    found = next((each for each in find_institutions(text=code, limit=_FEW).rows if each.code == code), None)
    if found is None:
        raise Refused(NOT_FOUND)
    return _trusted(found)


def _trusted(institution: Institution) -> Trusted:
    return Trusted(institution.code, institution.name, f"{institution.region.name} {institution.address}".strip())
