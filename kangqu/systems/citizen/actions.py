"""What residents do on their own pages: ask for and answer family accounts, change and end them, make and end paper cards.

Whatever changes between two people is told to both: in the app, and by text to the phone each signs in with.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from kangqu.kernel.access.attempts import forget_attempts, take_attempt
from kangqu.kernel.access.doors import Access, Hidden, access_person
from kangqu.kernel.access.residents import reach_of, residents_signing_in_by
from kangqu.kernel.access.roles import Purpose, Right
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import Random, read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.notices.actions import write
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people.codes.actions import card_of, issue_card, revoke_card
from kangqu.kernel.people.codes.models import Card, CardKind
from kangqu.kernel.people.codes.words import CARD_EXISTS
from kangqu.kernel.people.documents import blind_of
from kangqu.kernel.people.families import ConsentBy, appoint_guardian, grant_proxy, revoke_proxy
from kangqu.kernel.people.kinship import Kin
from kangqu.kernel.people.models import IdentifierDirectory, IdentifierKind, Person, PersonStatus, Proxy
from kangqu.kernel.people.names import normalise_name
from kangqu.kernel.people.phones import normalise_phone
from kangqu.kernel.people.reads import household_of, person_ids_of, person_of_code, person_of_id
from kangqu.kernel.people.refusals import PROXY_END, PROXY_GONE, PROXY_RIGHTS, PROXY_SELF
from kangqu.kernel.people.register import policies as people_policies
from kangqu.kernel.rules.policy import PolicyBook, load_policies
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.citizen.models import Offer
from kangqu.systems.citizen.reads import AGENTS, FOR, has_been_agent, open_offer, tie
from kangqu.systems.citizen.refusals import NOBODY_THERE, NOT_A_CHILD_OF_YOURS, OFFER_GONE, RIGHT_ENDED

POLICIES: PolicyBook = load_policies("kangqu.systems.citizen")


def _self(viewer: Viewer) -> Actor:
    return viewer.actor(purpose=Purpose.SELF)


# The code and the card


def open_to_show(viewer: Viewer, who: str, *, at: datetime, action: str) -> Access:
    """The door to somebody's code: one's own (``who`` empty), or of somebody one stands for with the right CODE.

    Who acts or once acted for her is told that the right is missing or over; to everybody else a stranger and nobody look alike.
    """
    try:
        return access_person(
            viewer, who or viewer.person_id or 0, to=Purpose.SELF, at=at, right=Right.CODE, action=action
        )
    except Hidden as hidden:
        if who and has_been_agent(viewer, who, at=at):
            record(hidden.entry)
            raise Refused(RIGHT_ENDED) from None
        raise


def make_card(viewer: Viewer, who: str, *, at: datetime, rng: Random) -> Card:
    """A paper card for oneself or somebody one stands for; the one that is in use if there is one."""
    person = open_to_show(viewer, who, at=at, action="card.make").person
    try:
        return issue_card(person.pk, CardKind.PAPER, by=_self(viewer), at=at, rng=rng)
    except Refused as refused:
        if refused.why is not CARD_EXISTS:
            raise
        return card_of(person.pk, CardKind.PAPER)


def end_card(viewer: Viewer, who: str, *, why: str, at: datetime) -> None:
    """End the paper card for good; its holder is told."""
    person = open_to_show(viewer, who, at=at, action="card.end").person
    with transaction.atomic():
        card = card_of(person.pk, CardKind.PAPER)
        revoke_card(card, why=why, by=_self(viewer), at=at)
        _tell(person.pk, "card_revoked", f"card.{card.handle}", {"person": person.name}, by=_self(viewer), at=at)


# Family accounts


def ask(
    viewer: Viewer,
    side: str,
    *,
    name: str,
    contact: str,
    relation: str,
    rights: Collection[str],
    until: date,
    at: datetime,
) -> Person:
    """Ask somebody to act for oneself (``side`` agents) or to let oneself act for her (``for``). Returns whom.

    She is found by name together with the phone she signs in with, or with her public code; nothing is granted until
    she says yes. Asking again replaces the request that waits.
    """
    _known_rights(rights)
    _known_end(until, at)
    other = _find(viewer, name=name, contact=contact, at=at)
    me = person_of_id(viewer.person_id or 0)
    person, agent = (me, other) if side == AGENTS else (other, me)
    ends_at = at + timedelta(days=POLICIES.value("citizen.offer.days", on=city_day(at)))
    try:
        with transaction.atomic():
            before = Offer.objects.filter(person_id=person.pk, agent_id=agent.pk, answered_at=None)
            before.update(answered_at=at, answer=Offer.Answer.WITHDRAWN)
            offer = Offer.objects.create(
                person_id=person.pk,
                agent_id=agent.pk,
                asked_by_agent=side == FOR,
                relation=relation,
                rights=sorted(set(rights)),
                until=until,
                asked_at=at,
                asked_by=viewer.account_id,
                ends_at=ends_at,
            )
            _traced("family.ask", offer, by=_self(viewer), at=at)
            named = {"asker": me.name, "person": person.name, "agent": agent.name}
            _tell(other.pk, "family_asked", f"family.ask.{offer.id}", named, by=_self(viewer), at=at)
    except IntegrityError:
        raise Refused(OFFER_GONE) from None  # both asked in the same moment: the other's request waits
    return other


def _known_rights(rights: Collection[str]) -> None:
    if not rights or not set(rights) <= {right.value for right in Right}:
        raise Refused(PROXY_RIGHTS, field="rights")


def _known_end(until: date, at: datetime) -> None:
    """What the grant itself will ask, asked before somebody is troubled with it."""
    today = city_day(at)
    longest = people_policies().value("people.proxy.longest_days", on=today)
    if not today <= until <= today + timedelta(days=longest):
        raise Refused(PROXY_END, field="until", days=longest)


def _find(viewer: Viewer, *, name: str, contact: str, at: datetime) -> Person:
    """The one living resident with this name behind this phone or code. Every try is counted and traced."""
    by = _self(viewer)
    allowed = POLICIES.value("citizen.search.tries", on=city_day(at))
    take_attempt("family", str(viewer.account_id), by=by, at=at, allowed=allowed)
    wanted = normalise_name(name)
    code, phone = read_code(contact[:40], "R"), normalise_phone(contact[:40])
    found = _by_code(code) if code else residents_signing_in_by(phone) if phone else []
    named = [each for each in found if each.name == wanted and each.status != PersonStatus.DECEASED]
    if len(named) != 1:
        record(by.did("family.find", at=at, result=Result.REFUSED, stream=Stream.LOOK))
        raise Refused(NOBODY_THERE, field="contact")
    if named[0].pk == viewer.person_id:
        raise Refused(PROXY_SELF, field="contact")
    record(by.did("family.find", at=at, person_id=named[0].pk, result=Result.SEEN, stream=Stream.LOOK))
    forget_attempts("family", str(viewer.account_id))
    return named[0]


def _by_code(code: str) -> list[Person]:
    try:
        return [person_of_code(code)]
    except Refused:
        return []


def answer(viewer: Viewer, side: str, code: str, *, yes: bool, at: datetime) -> None:
    """Say yes or no to a request that waits for one's answer. A yes grants it at once, and both are told."""
    with transaction.atomic():
        offer = _take(viewer, side, code, Offer.Answer.ACCEPTED if yes else Offer.Answer.DECLINED, at=at)
        if offer.asked_by_agent == (side == FOR):
            raise Refused(NOT_FOUND)  # nobody answers what she asked herself
        person, agent = person_of_id(offer.person_id), person_of_id(offer.agent_id)
        _traced("family.accept" if yes else "family.decline", offer, by=_self(viewer), at=at)
        if not yes:
            asker = agent if offer.asked_by_agent else person
            named = {"person": person.name, "agent": agent.name}
            _tell(asker.pk, "family_declined", f"family.no.{offer.id}", named, by=_self(viewer), at=at)
            return
        granted = grant_proxy(
            person.pk,
            agent.pk,
            relation=offer.relation,
            rights=offer.rights,
            consent=ConsentBy.PHONE,
            until=offer.until,
            by=_self(viewer),
            at=at,
        )
        _tell_both("proxy_granted", granted, offer.until, by=_self(viewer), at=at)


def withdraw(viewer: Viewer, side: str, code: str, *, at: datetime) -> None:
    """Take back one's own request before it is answered."""
    with transaction.atomic():
        offer = _take(viewer, side, code, Offer.Answer.WITHDRAWN, at=at)
        if offer.asked_by_agent != (side == FOR):
            raise Refused(NOT_FOUND)
        _traced("family.withdraw", offer, by=_self(viewer), at=at)


def _take(viewer: Viewer, side: str, code: str, result: Offer.Answer, *, at: datetime) -> Offer:
    """The open request, now closed: of two who answer at once one finds it gone."""
    offer = open_offer(viewer, side, code, at=at)
    mine = Offer.objects.filter(person_id=offer.person_id, id=offer.id, answered_at=None) if offer else None
    if offer is None or mine is None or not mine.update(answered_at=at, answer=result):
        raise Refused(OFFER_GONE)
    return offer


def _traced(action: str, offer: Offer, *, by: Actor, at: datetime) -> None:
    facts = {"rights": offer.rights, "until": offer.until.isoformat()}
    for person_id in (offer.person_id, offer.agent_id):
        record(by.did(action, at=at, person_id=person_id, object_type="offer", object_id=offer.id, facts=facts))


def change(viewer: Viewer, code: str, *, rights: Collection[str], until: date, at: datetime) -> Proxy:
    """Change what somebody may do for oneself, and until when. It is one's own consent; both are told."""
    _known_rights(rights)
    with transaction.atomic():
        held = tie(viewer, AGENTS, code, at=at)
        if held is None or held.guardian:
            raise Refused(PROXY_GONE if held is None else NOT_FOUND)
        granted = grant_proxy(
            held.person_id,
            person_of_code(code).pk,
            relation=held.relation,
            rights=rights,
            consent=ConsentBy.PHONE,
            until=until,
            by=_self(viewer),
            at=at,
        )
        if granted.id != held.number:
            _tell_both("proxy_granted", granted, until, by=_self(viewer), at=at)
        return granted


def end(viewer: Viewer, side: str, code: str, *, at: datetime) -> None:
    """End a family account at once, from either side; both are told. A guardian is ended at a desk only."""
    with transaction.atomic():
        held = tie(viewer, side, code, at=at)
        if held is None or held.guardian:
            raise Refused(PROXY_GONE if held is None else NOT_FOUND)
        ended = revoke_proxy(held.person_id, held.number, by=_self(viewer), at=at)
        _tell_both("proxy_revoked", ended, None, by=_self(viewer), at=at)


def claim_child(viewer: Viewer, *, name: str, certificate: str, at: datetime) -> Person:
    """Act as guardian for one's own child: name and birth-certificate number match, and both are of one household."""
    take_attempt("child", str(viewer.account_id), by=_self(viewer), at=at)
    wanted = normalise_name(name)
    index = blind_of(IdentifierKind.BIRTH_CERTIFICATE, certificate)
    rows = IdentifierDirectory.objects.filter(blind=index, kind=IdentifierKind.BIRTH_CERTIFICATE)
    found = [person_of_id(number) for number in rows.values_list("person_id", flat=True)[:5]]
    named = [each for each in found if each.name == wanted and each.status == PersonStatus.ACTIVE]
    home = household_of(viewer.person_id or 0)
    child_home = household_of(named[0]) if len(named) == 1 else None
    if home is None or child_home is None or home.pk != child_home.pk:
        record(_self(viewer).did("family.find", at=at, result=Result.REFUSED, stream=Stream.LOOK))
        raise Refused(NOT_A_CHILD_OF_YOURS, field="certificate")
    with transaction.atomic():
        granted = appoint_guardian(
            named[0].pk,
            viewer.person_id or 0,
            relation=Kin.PARENT,
            rights=[right.value for right in Right],
            evidence="出生医学证明号与姓名核对一致，同户",
            by=_self(viewer),
            at=at,
        )
        _tell_both(
            "proxy_granted", granted, city_day(granted.ends_at - timedelta(microseconds=1)), by=_self(viewer), at=at
        )
    forget_attempts("child", str(viewer.account_id))
    return named[0]


def _tell_both(template: str, granted: Proxy, until: date | None, *, by: Actor, at: datetime) -> None:
    person, agent = person_of_id(granted.person_id), person_of_id(granted.agent_id)
    values = {"agent": agent.name, "person": person.name} | ({"until": until.isoformat()} if until else {})
    for each in (person, agent):
        _tell(each.pk, template, f"{template}.{granted.id}.{each.pk}", values, by=by, at=at)


def _tell(person_id: int, template: str, key: str, values: dict[str, str], *, by: Actor, at: datetime) -> None:
    """A message in the app and, where she signs in by phone, a text. The same key tells it once."""
    reached = reach_of(person_id)
    language = reached.language if reached else "zh-hans"
    write(
        key=f"{key}.app",
        channel=Channel.IN_APP,
        template=template,
        values=values,
        person_id=person_id,
        language=language,
        by=by,
        at=at,
    )
    if reached is not None:
        write(
            key=f"{key}.sms",
            channel=Channel.SMS,
            template=template,
            values=values,
            to=reached.phone,
            shown=reached.shown,
            person_id=person_id,
            language=language,
            by=by,
            at=at,
        )


def all_records_of(viewer: Viewer) -> list[int]:
    """Every record of the resident who is signed in: merged ones bring their messages and their looks."""
    return person_ids_of(viewer.person_id or 0)
