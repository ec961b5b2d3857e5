"""Signing in: the codes that are sent, the sessions that begin and end."""

from __future__ import annotations

import random
from datetime import datetime

from django.db import transaction

from kangqu.kernel.access.attempts import take_attempt
from kangqu.kernel.access.phone_codes import SentCode, change_phone, new_phone_code, use_phone_code
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.notices.actions import write
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people.phones import mask_phone
from kangqu.kernel.trace.actor import Actor

_CODES_FROM_ONE_ADDRESS = 30  # within the window of the lock; a hall full of people shares one address


def ask_sign_in_code(
    phone: str, *, by: Actor, at: datetime, rng: random.Random, bound: str, language: str = "zh-hans"
) -> str:
    """Send a sign-in code to ``phone``; returns the phone's mask. Alike for phones known and unknown.

    ``bound`` is a secret of the browser that asks: nobody else can use the code.
    """
    return _send(phone, "sign_in", by=by, at=at, rng=rng, bound=bound, language=language)


def ask_change_code(
    phone: str, *, by: Actor, at: datetime, rng: random.Random, bound: str, language: str = "zh-hans"
) -> str:
    """Send a code to the phone a resident wants to sign in by from now on; returns the phone's mask."""
    return _send(phone, "change_phone", by=by, at=at, rng=rng, bound=bound, language=language)


def ask_own_code(
    phone: str, *, by: Actor, at: datetime, rng: random.Random, bound: str, language: str = "zh-hans"
) -> str:
    """Send a code to the phone a resident signs in with, to prove once more that she holds it; returns its mask."""
    return _send(phone, "step_up", by=by, at=at, rng=rng, bound=bound, language=language)


def _send(phone: str, purpose: str, *, by: Actor, at: datetime, rng: random.Random, bound: str, language: str) -> str:
    take_attempt("code_ip", by.ip or "", by=by, at=at, allowed=_CODES_FROM_ONE_ADDRESS)
    with transaction.atomic():
        sent: SentCode = new_phone_code(phone, purpose=purpose, by=by, at=at, rng=rng, bound=bound)
        write(
            key=f"sign_in.code.{sent.id}",
            channel=Channel.SMS,
            template="sign_in_code",
            values={"code": sent.code, "minutes": str(sent.minutes)},
            to=sent.phone,
            shown=sent.shown,
            language=language,
            expires_at=sent.ends_at,
            by=by,
            at=at,
        )
    return sent.shown


def move_phone(viewer: Viewer, *, phone: str, code: str, bound: str, at: datetime) -> None:
    """Sign in by ``phone`` from now on; the old phone is told."""
    number = use_phone_code(phone, code, purpose="change_phone", at=at, bound=bound)
    with transaction.atomic():
        old = change_phone(viewer=viewer, number=number, at=at)
        if old is not None and old != number:
            write(
                key=f"sign_in.phone_changed.{viewer.account_id}.{at.isoformat()}",
                channel=Channel.SMS,
                template="phone_changed",
                values={"shown": mask_phone(number)},
                to=old,
                shown=mask_phone(old),
                person_id=viewer.person_id,
                by=viewer.actor(),
                at=at,
            )
