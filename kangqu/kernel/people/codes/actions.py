"""What can be done with cards: issue, show, suspend, resume, revoke, reissue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.ids import Random
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.people.codes import reading
from kangqu.kernel.people.codes.keys import barcode_keys, key_set, signing_key
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.models import Card, CardKind
from kangqu.kernel.people.codes.signing import Use
from kangqu.kernel.people.codes.words import CARD_EXISTS, CODE_SUSPENDED, NO_CARD, NOT_SHOWABLE
from kangqu.kernel.people.models import Identifier, IdentifierKind, Person, PersonStatus
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_LONGEST_WHY: Final = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What a resident's page shows. ``barcode`` is empty on a paper card; ``valid_until`` is when a scan is refused."""

    code: str
    barcode: str
    issued_at: datetime
    refresh_at: datetime
    valid_until: datetime
    formal: bool


def holder(person_id: int) -> Person:
    """The living record that speaks for ``person_id``; refused when there is none or the person has died."""
    person = Person.objects.filter(pk=person_id).select_related("merged_into").first()
    if person is None:
        raise Refused(NOT_FOUND)
    person = person.merged_into or person
    if person.status in (PersonStatus.DECEASED, PersonStatus.MERGED):
        raise Refused(NOT_SHOWABLE, status=PersonStatus(person.status).label)
    return person


def _formal(person_id: int) -> bool:
    """Whether the person has a document on record; a health-record number is none."""
    documents = Identifier.objects.filter(person_id=person_id, ended_at=None)
    return documents.exclude(kind=IdentifierKind.HEALTH_RECORD).exists()


def issue_card(person_id: int, kind: CardKind, *, by: Actor, at: datetime, rng: Random) -> Card:
    """Issue the person's card of ``kind``; refused while one is in use (``reissue_card`` replaces it).

    A paper card is bound to the second and the key of its issue, from which its printed code follows.
    """
    person = holder(person_id)
    issued_at = at.replace(microsecond=0)
    key_number = signing_key(Use.PAPER, at)[0].number if kind == CardKind.PAPER else None
    try:
        with transaction.atomic():
            card = Card.objects.create(
                handle=rng.getrandbits(reading.HANDLE_BITS),
                person_id=person.pk,
                kind=kind,
                formal=_formal(person.pk),
                issued_at=issued_at,
                issued_by=by.account_id,
                key_number=key_number,
            )
            _trace(card, "card.issue", by=by, at=at)
    except IntegrityError:
        raise Refused(CARD_EXISTS) from None
    return card


def _trace(card: Card, action: str, *, by: Actor, at: datetime, reason: str = "") -> None:
    facts = {"kind": str(card.kind), "formal": card.formal}
    record(by.did(action, at=at, person_id=card.person_id, object_type="card", reason=reason, facts=facts))


def show_code(person_id: int, *, by: Actor, at: datetime, rng: Random) -> Shown:
    """A fresh dynamic code of the person. The first time a card is made; a temporary card turns formal when it may.

    Who may ask (the person, or somebody with the right CODE of a family account) is the door's to decide.
    """
    person = holder(person_id)
    card = Card.objects.filter(person_id=person.pk, kind=CardKind.DYNAMIC, revoked_at=None).first()
    if card is None:
        try:
            card = issue_card(person.pk, CardKind.DYNAMIC, by=by, at=at, rng=rng)
        except Refused as refused:
            if refused.why is not CARD_EXISTS:
                raise
            card = Card.objects.get(person_id=person.pk, kind=CardKind.DYNAMIC, revoked_at=None)
    if card.suspended_at is not None and card.suspended_at <= at:
        raise Refused(CODE_SUSPENDED)
    if not card.formal and _formal(person.pk):
        card.formal = _make_formal(card, by=by, at=at)
    key, signer = signing_key(Use.DYNAMIC, at)
    limits, issued_at = limits_at(at), at.replace(microsecond=0)
    return Shown(
        code=reading.write_code(key=key.number, signer=signer, handle=card.handle, issued_at=issued_at),
        barcode=reading.write_barcode(key=barcode_keys()[0], handle=card.handle, issued_at=issued_at),
        issued_at=issued_at,
        refresh_at=issued_at + limits.refresh,
        valid_until=issued_at + limits.valid,
        formal=card.formal,
    )


def _make_formal(card: Card, *, by: Actor, at: datetime) -> bool:
    with transaction.atomic():
        if Card.objects.filter(pk=card.pk, formal=False).update(formal=True):
            _trace(card, "card.formal", by=by, at=at)
    return True


def paper_code(card: Card, *, at: datetime) -> Shown:
    """The code printed on a paper card. Printing again gives the same card, not a new one."""
    if card.kind != CardKind.PAPER or card.key_number is None or card.revoked_at is not None:
        raise Refused(NO_CARD)
    signer = key_set(at).signers[card.key_number]
    code = reading.write_code(key=card.key_number, signer=signer, handle=card.handle, issued_at=card.issued_at)
    until = card.issued_at + limits_at(card.issued_at).paper_valid
    return Shown(code, "", card.issued_at, until, until, card.formal)


def card_of(person_id: int, kind: CardKind) -> Card:
    """The person's card of ``kind`` that is in use; refused when there is none."""
    card = Card.objects.filter(person_id=person_id, kind=kind, revoked_at=None).first()
    if card is None:
        raise Refused(NO_CARD)
    return card


def _why(text: str) -> str:
    why = text.strip()
    if not why or len(why) > _LONGEST_WHY or "\0" in why:
        raise Refused(BAD_INPUT, field="why", detail="原因 / reason")
    return why


def suspend_card(card: Card, *, why: str, by: Actor, at: datetime) -> None:
    """Stop a card for now: shown to nobody, refused at every desk, until it is resumed."""
    _change(card, "card.suspend", {"suspended_at": at, "suspended_why": _why(why)}, {"suspended_at": None}, why, by, at)


def resume_card(card: Card, *, why: str, by: Actor, at: datetime) -> None:
    """Let a suspended card work again."""
    expected = {"suspended_at__isnull": False}
    _change(card, "card.resume", {"suspended_at": None, "suspended_why": ""}, expected, _why(why), by, at)


def revoke_card(card: Card, *, why: str, by: Actor, at: datetime) -> None:
    """End a card for good (lost, replaced, the holder's wish). Of two who do it at once one is refused."""
    _change(card, "card.revoke", {"revoked_at": at, "revoked_why": _why(why)}, {}, why, by, at)


def _change(
    card: Card, action: str, change: Mapping[str, Any], expected: Mapping[str, Any], why: str, by: Actor, at: datetime
) -> None:
    with transaction.atomic():
        if Card.objects.filter(pk=card.pk, revoked_at=None, **expected).update(**change) == 0:
            raise Refused(NO_CARD)
        _trace(card, action, by=by, at=at, reason=why)
    card.refresh_from_db()


def reissue_card(person_id: int, kind: CardKind, *, why: str, by: Actor, at: datetime, rng: Random) -> Card:
    """Revoke the person's card of ``kind``, if there is one, and issue a new one: the old code is dead at once."""
    person = holder(person_id)
    with transaction.atomic():
        old = Card.objects.filter(person_id=person.pk, kind=kind, revoked_at=None).first()
        if old is not None:
            revoke_card(old, why=why, by=by, at=at)
        return issue_card(person.pk, kind, by=by, at=at, rng=rng)
