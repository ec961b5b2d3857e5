"""A hospital's signature under a prescription: a detached JWS (RFC 7515, appendix F; RFC 7797) over the body's bytes.

Nothing is re-serialised: what was signed is what came over the wire, and it is kept as it came.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Stream
from kangqu.systems.tcm_pharmacy.models import SigningKey
from kangqu.systems.tcm_pharmacy.refusals import KEY_NOT_PUBLIC, KEY_UNKNOWN, SIGNATURE_BAD

HEADER: Final = "X-JWS-Signature"
ALGORITHMS: Final = ["EdDSA", "ES256"]
_CURVES: Final = {"OKP": ("Ed25519", {"kty", "crv", "x"}), "EC": ("P-256", {"kty", "crv", "x", "y"})}
_LONGEST: Final = 2_000


def verify(body: bytes, signature: str, *, institution_id: int, at: datetime) -> SigningKey:
    """The key of the institution that signed ``body``, or ``Refused``. The key must be in force at ``at``."""
    header = _protected(signature)
    kid = header.get("kid")
    if not isinstance(kid, str) or header.get("alg") not in ALGORITHMS or set(header.get("crit", ())) - {"b64"}:
        raise Refused(SIGNATURE_BAD)
    in_force = Q(valid_from__lte=at) & (Q(valid_to=None) | Q(valid_to__gt=at))
    key = SigningKey.objects.filter(in_force, institution_id=institution_id, name=kid[:40]).first()
    if key is None:
        raise Refused(KEY_UNKNOWN, kid=kid[:40])
    try:
        read = JWS()
        read.allowed_algs = ALGORITHMS
        read.deserialize(signature)
        read.verify(JWK(**key.jwk), alg=header["alg"], detached_payload=body)
    except (JWException, ValueError, TypeError):
        raise Refused(SIGNATURE_BAD) from None
    return key


def _protected(signature: str) -> dict[str, Any]:
    parts = signature.split(".")
    if len(signature) > _LONGEST or len(parts) != 3 or parts[1]:
        raise Refused(SIGNATURE_BAD)
    try:
        from jwcrypto.common import base64url_decode

        header = json.loads(base64url_decode(parts[0]))
    except (ValueError, RecursionError):
        raise Refused(SIGNATURE_BAD) from None
    if not isinstance(header, dict):
        raise Refused(SIGNATURE_BAD)
    return header


def sign(body: bytes, key: JWK, kid: str) -> str:
    """The signature a hospital sends with ``body``: for those who connect a hospital, for tests, for the demo."""
    made = JWS(body)
    alg = "EdDSA" if key["kty"] == "OKP" else "ES256"
    protected = {"alg": alg, "kid": kid, "b64": False, "crit": ["b64"]}
    made.add_signature(key, alg=alg, protected=json.dumps(protected))
    made.detach_payload()
    return str(made.serialize(compact=True))


def add_key(institution_id: int, *, name: str, jwk: dict[str, Any], by: Actor, at: datetime) -> SigningKey:
    """Register a public key of an institution under a name of its own; a name is given once."""
    curve, members = _CURVES.get(str(jwk.get("kty")), ("", set()))
    try:
        if jwk.get("crv") != curve or not members <= jwk.keys() or "d" in jwk:
            raise ValueError(jwk)
        JWK(**{member: jwk[member] for member in members}).thumbprint()
    except (JWException, ValueError, TypeError):
        raise Refused(KEY_NOT_PUBLIC, field="jwk") from None
    public = {member: jwk[member] for member in sorted(members)}
    key, fresh = SigningKey.objects.get_or_create(
        institution_id=institution_id,
        name=name[:40],
        defaults={"jwk": public, "valid_from": at, "added_by": by.account_id},
    )
    if not fresh and key.jwk != public:
        raise Refused(KEY_NOT_PUBLIC, field="name")
    if fresh:
        facts = {"kid": key.name, "thumbprint": JWK(**public).thumbprint()}
        record(
            by.did(
                "tcm.key.add", at=at, object_type="signing_key", object_id=key.pk, facts=facts, stream=Stream.SECURITY
            )
        )
    return key


def end_key(institution_id: int, *, name: str, by: Actor, at: datetime) -> None:
    """Take a key out of force: what it signed stays signed, nothing more is taken under it."""
    ended = SigningKey.objects.filter(institution_id=institution_id, name=name[:40], valid_to=None).update(valid_to=at)
    if not ended:
        raise Refused(KEY_UNKNOWN, kid=name[:40])
    record(by.did("tcm.key.end", at=at, object_type="signing_key", facts={"kid": name[:40]}, stream=Stream.SECURITY))
