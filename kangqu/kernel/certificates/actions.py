"""Issuing and revoking. Whoever issues has shown that the fact is recorded, in the transaction it calls this from."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from kangqu.kernel.basis.ids import Random, new_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.basis.sealing import seal, unseal
from kangqu.kernel.certificates.card import MOST_IN_QR, claims, sign
from kangqu.kernel.certificates.keys import signing_key
from kangqu.kernel.certificates.models import Certificate, CertificateKey
from kangqu.kernel.certificates.refusals import NOT_ISSUED, TOO_LARGE
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

LETTER: Final = "Z"
_FIELD: Final = "certificate"
_SYMBOLS: Final = string.ascii_letters + string.digits + "-_"
_RID_SYMBOLS: Final = 11
_SYSTEM_RANDOM: Final = random.SystemRandom()


def issue(
    kind: str,
    person_id: int,
    fact: tuple[str, int],
    entries: Sequence[Mapping[str, Any]],
    *,
    by: Actor,
    at: datetime,
    expires_at: datetime | None = None,
    rng: Random = _SYSTEM_RANDOM,
) -> Certificate:
    """Certify a recorded fact (its table's name and number) as FHIR ``entries``. The same fact again: the same certificate.

    Raises TOO_LARGE when one QR does not hold it.
    """
    known = standing(kind, person_id, fact)
    if known is not None:
        return known
    row, key = signing_key(at)
    rid = "".join(rng.choices(_SYMBOLS, k=_RID_SYMBOLS))
    said = claims(
        issuer=settings.KANGQU_ISSUER, not_before=int(at.timestamp()), rid=rid, entries=entries,
        expires=int(expires_at.timestamp()) if expires_at else None,
    )  # fmt: skip
    card = sign(said, key)
    if len(card) > MOST_IN_QR:
        raise Refused(TOO_LARGE)
    try:
        with transaction.atomic():
            made = Certificate(
                person_id=person_id, code=new_code(LETTER, rng), kind=kind, object_type=fact[0], object_id=fact[1], key=row, rid=rid,
                card=seal(card, _FIELD), issued_at=at, expires_at=expires_at,
            )  # fmt: skip
            made.save()
            record(
                by.did(
                    "certificate.issue", at=at, person_id=person_id, object_type=fact[0], object_id=fact[1],
                    facts={"kind": kind, "code": made.code},
                )
            )  # fmt: skip
    except IntegrityError:  # somebody else asked at the same time
        known = standing(kind, person_id, fact)
        if known is None:
            raise
        return known
    return made


def standing(kind: str, person_id: int, fact: tuple[str, int]) -> Certificate | None:
    """The certificate of a fact that is not revoked."""
    mine = Certificate.objects.filter(person_id=person_id, kind=kind, object_type=fact[0], object_id=fact[1])
    return mine.filter(revoked_at=None).first()


def card_of(certificate: Certificate) -> str:
    """What was signed. Raises NOT_ISSUED once it is revoked: nobody is handed what does not verify."""
    if certificate.revoked_at is not None:
        raise Refused(NOT_ISSUED)
    return unseal(certificate.card, _FIELD)


def revoke(person_id: int, code: str, *, why: str, by: Actor, at: datetime) -> bool:
    """Revoke a certificate; whether it stood. From now on its key's list names it."""
    found = Certificate.objects.filter(person_id=person_id, code=code).first()
    if found is None:
        raise Refused(NOT_FOUND)
    return _revoke(found, why, by, at)


def revoke_of(person_id: int, fact: tuple[str, int], *, why: str, by: Actor, at: datetime) -> int:
    """Revoke whatever certifies a fact that no longer holds; how many."""
    mine = Certificate.objects.filter(person_id=person_id, object_type=fact[0], object_id=fact[1], revoked_at=None)
    return sum(_revoke(each, why, by, at) for each in mine)


def _revoke(found: Certificate, why: str, by: Actor, at: datetime) -> bool:
    with transaction.atomic():
        mine = Certificate.objects.filter(person_id=found.person_id, id=found.id, revoked_at=None)
        if not mine.update(revoked_at=at, revoked_why=why[:200]):
            return False
        CertificateKey.objects.filter(kid=found.key_id).update(list_version=F("list_version") + 1)
        record(
            by.did(
                "certificate.revoke", at=at, person_id=found.person_id, object_type=found.object_type, object_id=found.object_id,
                reason=why[:200], facts={"kind": found.kind, "code": found.code},
            )
        )  # fmt: skip
    return True
