"""The keys certificates are signed with: made when due, turned over, withdrawn when lost; and what is published of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from jwcrypto.jwk import JWK

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.basis.sealing import seal, unseal
from kangqu.kernel.certificates.card import new_key
from kangqu.kernel.certificates.models import Certificate, CertificateKey
from kangqu.kernel.rules.policy import PolicyBook, load_policies
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.entries import Stream

POLICIES: PolicyBook = load_policies("kangqu.kernel.certificates")
_FIELD: Final = "certificate_key"


def signing_key(at: datetime) -> tuple[CertificateKey, JWK]:
    """The key that signs at ``at``; made when none is in force, by one at a time."""
    row = _in_force(at)
    if row is None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('certificate keys'))")
            row = _in_force(at) or _make(by=the_house(), at=at)
    return row, JWK.from_json(unseal(row.sealed, _FIELD))


def _in_force(at: datetime) -> CertificateKey | None:
    usable = CertificateKey.objects.filter(signs_from__lte=at, signs_until__gt=at, withdrawn_at=None)
    return usable.order_by("-signs_from", "kid").first()


def _make(*, by: Actor, at: datetime) -> CertificateKey:
    key = new_key()
    days = int(POLICIES.value("certificates.key_days", on=city_day(at)))
    made = CertificateKey.objects.create(
        kid=key["kid"],
        public=key.export_public(as_dict=True),
        sealed=seal(key.export_private(), _FIELD),
        signs_from=at,
        signs_until=at + timedelta(days=days),
        made_at=at,
    )
    facts = {"kid": made.kid, "until": made.signs_until.isoformat()}
    record(by.did("certificate_key.make", at=at, object_type="certificate_key", facts=facts, stream=Stream.SECURITY))
    return made


def withdraw_key(kid: str, *, why: str, by: Actor, at: datetime) -> None:
    """Withdraw a key that may be known to others: whatever it signed is refused from now on."""
    if not why.strip() or len(why) > 200:
        raise Refused(BAD_INPUT, field="why", detail="why")
    with transaction.atomic():
        mine = CertificateKey.objects.filter(kid=kid, withdrawn_at=None)
        if not mine.update(withdrawn_at=at, withdrawn_why=why):
            raise Refused(NOT_FOUND)
        record(
            by.did(
                "certificate_key.withdraw", at=at, object_type="certificate_key", reason=why, facts={"kid": kid},
                stream=Stream.SECURITY,
            )
        )  # fmt: skip


def published_keys() -> dict[str, Any]:
    """The key set as verifiers fetch it (``/.well-known/jwks.json``): public halves of keys that are not withdrawn."""
    rows = CertificateKey.objects.filter(withdrawn_at=None).order_by("signs_from", "kid")
    return {"keys": [{**row.public, "crlVersion": row.list_version} for row in rows]}


def published_list(kid: str, at: datetime) -> dict[str, Any]:
    """A key's list of revocations (``/.well-known/crl/<kid>.json``); ``kq_made_at`` says as of when. Raises NOT_FOUND."""
    version = CertificateKey.objects.filter(kid=kid, withdrawn_at=None).values_list("list_version", flat=True).first()
    if version is None:
        raise Refused(NOT_FOUND)
    revoked = Certificate.objects.filter(key_id=kid, revoked_at__isnull=False).order_by("rid")
    rids = list(revoked.values_list("rid", flat=True))
    return {"kid": kid, "method": "rid", "ctr": version, "rids": rids, "kq_made_at": at.isoformat()}
