"""The second factor: an authenticator app (TOTP, RFC 6238: SHA-1, 6 digits, 30 s) and codes on paper for the day it
is lost. A code is good once: taking its time step is one conditional UPDATE."""

from __future__ import annotations

import hmac
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction

from kangqu.kernel.access.attempts import forget_attempts, take_attempt
from kangqu.kernel.access.events import Kind, note_event
from kangqu.kernel.access.models import Account, RecoveryCode, SecondFactor
from kangqu.kernel.basis.refusals import Refused, refusal
from kangqu.kernel.basis.sealing import blind, seal, unseal
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Stream

CODE_WRONG = refusal(
    "one_time_code_wrong",
    "KQ-1740",
    zh="动态口令不对，或已经用过。",
    en="The one-time code is wrong or was already used.",
    status=403,
)
ALREADY_ENROLLED = refusal(
    "already_enrolled",
    "KQ-1741",
    zh="已经绑定过动态口令。",
    en="One-time codes are already set up.",
    status=409,
)

STEP_SECONDS: Final = 30
_FIELD: Final = "access.totp"
_RECOVERY_FIELD: Final = "access.recovery"
_RECOVERY_CODES: Final = 10
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), STEP_SECONDS)  # noqa: S303 - what every authenticator app speaks


def _at(step: int) -> int:
    return step * STEP_SECONDS


def begin_enrolment(account: Account, *, entropy: Callable[[int], bytes]) -> tuple[str, str]:
    """A fresh secret for an account without a confirmed one: the secret in base32 and its ``otpauth://`` address."""
    secret = entropy(20)
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        if SecondFactor.objects.filter(account=account).exclude(confirmed_at=None).exists():
            raise Refused(ALREADY_ENROLLED)
        sealed = seal(secret.hex(), _FIELD)
        SecondFactor.objects.update_or_create(account=account, defaults={"secret_sealed": sealed, "last_step": 0})
    return told(account, secret)


def pending_secret(account: Account) -> tuple[str, str] | None:
    """The secret of an enrolment begun and not yet confirmed: shown again, not made anew."""
    row = SecondFactor.objects.filter(account=account, confirmed_at=None).first()
    return told(account, _secret(row)) if row is not None else None


def told(account: Account, secret: bytes) -> tuple[str, str]:
    uri = _totp(secret).get_provisioning_uri(account.username, "康衢 Kangqu")
    base32 = uri.split("secret=", 1)[1].split("&", 1)[0]
    return base32, uri


def _secret(row: SecondFactor) -> bytes:
    return bytes.fromhex(unseal(row.secret_sealed, _FIELD))


def confirm_enrolment(account: Account, code: str, *, by: Actor, at: datetime, rng: random.Random) -> list[str]:
    """The first code proves that the app has the secret. Returns the recovery codes, to be shown once."""
    take_attempt("totp", str(account.pk), by=by, at=at)
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(account=account).first()
        if row is None or not _take_step(row, code, at):
            raise Refused(CODE_WRONG, field="code")
        SecondFactor.objects.filter(account=account, confirmed_at=None).update(confirmed_at=at)
        RecoveryCode.objects.filter(account=account).delete()
        codes = ["".join(rng.choices(_LETTERS, k=10)) for _ in range(_RECOVERY_CODES)]
        RecoveryCode.objects.bulk_create(
            [RecoveryCode(account=account, blind=_recovery(account, each)) for each in codes]
        )
        note_event(account.pk, Kind.ENROLLED, by=by, at=at)
        record(
            by.did("second_factor.enrol", at=at, object_type="account", object_id=account.pk, stream=Stream.SECURITY)
        )
    forget_attempts("totp", str(account.pk))
    return codes


def enrol_known(account: Account, secret: bytes, *, at: datetime) -> None:
    """Give an account of sample data the secret that its printed login names."""
    SecondFactor.objects.update_or_create(
        account=account, defaults={"secret_sealed": seal(secret.hex(), _FIELD), "confirmed_at": at, "last_step": 0}
    )


def use_code(account: Account, code: str, *, by: Actor, at: datetime) -> None:
    """Take a one-time code, from the app or from the paper; ``Refused(CODE_WRONG)`` when it is not good (any more)."""
    take_attempt("totp", str(account.pk), by=by, at=at)
    code = "".join(code.split()).lower()
    row = SecondFactor.objects.filter(account=account).exclude(confirmed_at=None).first()
    if row is None or not (_take_step(row, code, at) or _take_recovery(account, code, by, at)):
        raise Refused(CODE_WRONG, field="code")
    forget_attempts("totp", str(account.pk))


def _take_step(row: SecondFactor, code: str, at: datetime) -> bool:
    """Whether ``code`` is that of this step or one beside it, later than any used before."""
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return False
    now, totp = int(at.timestamp()) // STEP_SECONDS, _totp(_secret(row))
    good = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp.generate(_at(step)), code.encode())]
    unused = SecondFactor.objects.filter(pk=row.pk)
    return any(unused.filter(last_step__lt=step).update(last_step=step) for step in good)


def _take_recovery(account: Account, code: str, by: Actor, at: datetime) -> bool:
    if len(code) != 10 or not code.isascii():
        return False
    unused = RecoveryCode.objects.filter(account=account, blind=_recovery(account, code), used_at=None)
    with transaction.atomic():
        taken = bool(unused.update(used_at=at))
        if taken:
            said = by.did(
                "second_factor.recovery", at=at, object_type="account", object_id=account.pk, stream=Stream.SECURITY
            )
            record(said)
            note_event(account.pk, Kind.RECOVERY_USED, by=by, at=at)
    return taken


def _recovery(account: Account, code: str) -> bytes:
    return blind(f"{account.pk}:{code}", _RECOVERY_FIELD)


def has_second_factor(account: Account) -> bool:
    return SecondFactor.objects.filter(account=account).exclude(confirmed_at=None).exists()


def drop_second_factor(account: Account) -> None:
    """The authenticator is lost: it must be set up again. In the caller's transaction, which traces why."""
    SecondFactor.objects.filter(account=account).delete()
    RecoveryCode.objects.filter(account=account).delete()


@dataclass(frozen=True, slots=True)
class DemoCode:
    """What the authenticator of a sample account would show now."""

    username: str
    name: str
    code: str


def demo_codes(at: datetime, limit: int = 60) -> list[DemoCode]:
    """The present codes of sample accounts, for the page of a demonstration; never of a real account."""
    rows = SecondFactor.objects.filter(account__demo=True, account__closed_at=None).select_related("account")
    step = int(at.timestamp()) // STEP_SECONDS
    return [
        DemoCode(row.account.username, row.account.display_name, _totp(_secret(row)).generate(_at(step)).decode())
        for row in rows.order_by("account__username")[:limit]
    ]
