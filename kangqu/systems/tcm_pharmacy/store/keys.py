"""The secrets machines sign with: given by the pharmacy's manager, shown once, ended by the next."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import transaction
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.basis.sealing import seal, unseal
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Stream
from kangqu.systems.tcm_pharmacy.models import MachineKey, Pot
from kangqu.systems.tcm_pharmacy.store.refusals import MESSAGE_UNPROVED

ALGORITHM: Final = "HS256"
_FIELD: Final = "tcm.machine_key"
_BYTES: Final = 32


def give_key(
    pot_id: int, *, institution_id: int, by: Actor, at: datetime, entropy: Callable[[int], bytes] = os.urandom
) -> str:
    """A new secret for a pot's machine, which is shown this once; the one before it is good no longer."""
    secret = urlsafe_b64encode(entropy(_BYTES)).decode().rstrip("=")
    with transaction.atomic():
        pot = Pot.objects.select_for_update().filter(pk=pot_id, institution_id=institution_id).first()
        if pot is None:
            raise Refused(NOT_FOUND)
        ended = MachineKey.objects.filter(pot=pot, ended_at=None).update(ended_at=at)
        key = MachineKey.objects.create(
            pot=pot, secret_sealed=seal(secret, _FIELD), given_at=at, given_by=by.account_id
        )
        facts = {"pot": pot.name, "instead": bool(ended)}
        record(
            by.did("tcm.machine.key", at=at, object_type="machine_key", object_id=key.pk, facts=facts, stream=Stream.SECURITY)
        )  # fmt: skip
    return secret


def signed(body: bytes, secret: str) -> str:
    """``body`` as a machine sends it: a compact JWS (RFC 7515), HMAC-SHA256 under the secret's characters."""
    made = JWS(body)
    made.add_signature(_key(secret), alg=ALGORITHM, protected='{"alg":"HS256"}')
    return str(made.serialize(compact=True))


def opened(message: bytes, sealed_secret: bytes | None) -> bytes:
    """What a machine signed, or ``Refused``: no JWS, another algorithm, another secret, or none given yet."""
    if sealed_secret is None:
        raise Refused(MESSAGE_UNPROVED)
    try:
        text = message.decode("ascii")
        if text.count(".") != 2:
            raise ValueError(text)
        read = JWS()
        read.allowed_algs = [ALGORITHM]
        read.deserialize(text, _key(unseal(sealed_secret, _FIELD)))
        return bytes(read.payload)
    except (JWException, ValueError, TypeError, RecursionError):
        raise Refused(MESSAGE_UNPROVED) from None


def _key(secret: str) -> JWK:
    return JWK(kty="oct", k=urlsafe_b64encode(secret.encode()).decode().rstrip("="))
