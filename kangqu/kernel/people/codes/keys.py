"""The keys codes are signed with: made, turned over when due, withdrawn when lost, and kept at hand for reading.

A private key is chance of its own, sealed under the city's secret: whoever takes the database has no key, and a new
secret changes no code. A key signs for a quarter (a paper card's for two years) and is then read only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.basis.sealing import derive, seal, unseal
from kangqu.kernel.people.codes.limits import POLICIES
from kangqu.kernel.people.codes.models import CodeKey
from kangqu.kernel.people.codes.signing import Algorithm, Key, Signer, Use, new_secret, public_of, signer, verifier
from kangqu.kernel.people.codes.words import KEYS_SPENT, NO_SIGNING_KEY
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.entries import Entry, Stream

_FIELD: Final = "code_key"
_FRESH_FOR: Final = timedelta(seconds=5)  # a withdrawn key is refused everywhere within this time
_OVERLAP: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The city's keys as they were at ``loaded_at``, by number."""

    loaded_at: datetime
    keys: Mapping[int, Key]
    signers: Mapping[int, Signer]

    def signing(self, use: Use, at: datetime) -> tuple[Key, Signer]:
        """The key that signs for ``use`` at ``at``: of several, the newest. Refused when none is in force."""
        usable = [
            key
            for key in self.keys.values()
            if key.use is use and key.signs_from <= at < key.signs_until and not _withdrawn(key, at)
        ]
        if not usable:
            raise Refused(NO_SIGNING_KEY)
        newest = max(usable, key=lambda key: (key.signs_from, key.number))
        return newest, self.signers[newest.number]


def signing_key(use: Use, at: datetime) -> tuple[Key, Signer]:
    """The key that signs for ``use`` at ``at``; one is made when none is in force, as in a city's first minute."""
    try:
        return key_set(at).signing(use, at)
    except Refused:
        ensure_keys(at)
        return key_set(at).signing(use, at)


def _withdrawn(key: Key, at: datetime) -> bool:
    return key.withdrawn_at is not None and at >= key.withdrawn_at


_kept: dict[str, KeySet] = {}


def key_set(at: datetime) -> KeySet:
    """The city's keys, read from the database at most every five seconds of ``at``. Safe from any thread."""
    database = str(connection.settings_dict["NAME"])
    kept = _kept.get(database)
    if kept is None or not timedelta(0) <= at - kept.loaded_at < _FRESH_FOR:
        kept = _kept[database] = _load(at)
    return kept


def forget_keys() -> None:
    """Read the keys anew at the next question: after they were changed here."""
    _kept.clear()


def _load(at: datetime) -> KeySet:
    keys, signers = {}, {}
    for row in CodeKey.objects.order_by("number"):
        algorithm, public = Algorithm(row.algorithm), bytes(row.public)
        hand = signer(algorithm, bytes.fromhex(unseal(row.sealed, _FIELD)))
        signers[row.number] = hand
        keys[row.number] = Key(
            number=row.number,
            use=Use(row.use),
            algorithm=algorithm,
            public=public,
            signs_from=row.signs_from,
            signs_until=row.signs_until,
            withdrawn_at=row.withdrawn_at,
            verifier=verifier(algorithm, public) if algorithm is Algorithm.SM2 else hand,
        )
    return KeySet(at, keys, signers)


def barcode_keys() -> tuple[bytes, ...]:
    """The keys of barcodes, newest first: derived from the city's secrets, since nobody else reads barcodes."""
    secrets: Mapping[int, bytes] = settings.KANGQU_KEYS
    return _barcode_keys(tuple(secrets[number] for number in sorted(secrets, reverse=True)))


_derived: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}


def _barcode_keys(secrets: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if secrets not in _derived:
        _derived[secrets] = tuple(derive(secret, "kangqu/barcode") for secret in secrets)
    return _derived[secrets]


def make_key(
    use: Use,
    *,
    by: Actor,
    at: datetime,
    algorithm: Algorithm = Algorithm.ES256,
    signs_from: datetime | None = None,
) -> CodeKey:
    """Make a key that signs from ``signs_from`` (now) for as long as the policy of its use says."""
    starts = signs_from or at
    policy = "code.paper_key_days" if use is Use.PAPER else "code.key_days"
    days = POLICIES.value(policy, on=city_day(starts))
    secret = new_secret(algorithm)
    for _ in range(3):
        number = (CodeKey.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
        if number > 255:
            raise Refused(KEYS_SPENT)
        try:
            with transaction.atomic():
                made = CodeKey.objects.create(
                    number=number,
                    use=use,
                    algorithm=algorithm,
                    public=public_of(algorithm, secret),
                    sealed=seal(secret.hex(), _FIELD),
                    signs_from=starts,
                    signs_until=starts + timedelta(days=days),
                    made_at=at,
                    made_by=by.account_id,
                )
                record(_key_step(by, "code_key.make", at, made))
        except IntegrityError:
            continue  # somebody else took the number
        forget_keys()
        return made
    raise Refused(NO_SIGNING_KEY)


def _key_step(by: Actor, action: str, at: datetime, key: CodeKey, reason: str = "") -> Entry:
    facts = {"use": key.use, "algorithm": key.algorithm, "until": key.signs_until.isoformat()}
    return by.did(
        action, at=at, object_type="code_key", object_id=key.number, reason=reason, facts=facts, stream=Stream.SECURITY
    )


def ensure_keys(at: datetime) -> list[CodeKey]:
    """Make the keys that are missing or soon will be; return those made. Run at start and every hour; may run twice.

    One runs at a time: a second waits and then finds nothing to do.
    """
    made = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('code keys'))")
        forget_keys()
        for use in Use:
            last = CodeKey.objects.filter(use=use, withdrawn_at=None).order_by("-signs_until").first()
            if last is None or last.signs_until - _OVERLAP <= at:
                algorithm = Algorithm(last.algorithm) if last else Algorithm.ES256
                made.append(make_key(use, by=the_house(), at=at, algorithm=algorithm))
    return made


def withdraw_key(number: int, *, why: str, by: Actor, at: datetime) -> CodeKey:
    """Withdraw a key that may be known to others: from now on whatever it signed is refused. A new one takes over."""
    if not why.strip() or len(why) > 200:
        raise Refused(BAD_INPUT, field="why", detail="why")
    with transaction.atomic():
        if not CodeKey.objects.filter(number=number, withdrawn_at=None).update(withdrawn_at=at, withdrawn_why=why):
            raise Refused(NOT_FOUND)
        key = CodeKey.objects.get(number=number)
        record(_key_step(by, "code_key.withdraw", at, key, why))
    forget_keys()
    ensure_keys(at)
    return key
