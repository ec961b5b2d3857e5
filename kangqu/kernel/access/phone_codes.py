"""Residents sign in by phone: a six-digit code, good once, for minutes, for five tries; then who of the family it is.

A code goes to any phone that asks, known or not, so the answer tells nothing about who is registered. The first time,
a phone is bound to a person by real name: document number and name must match.
"""

from __future__ import annotations

import hmac
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import F

from kangqu.kernel.access import policy
from kangqu.kernel.access.attempts import forget_attempts, take_attempt
from kangqu.kernel.access.doors import mask_name
from kangqu.kernel.access.models import Account, AccountKind, PhoneCode
from kangqu.kernel.access.sign_ins import end_all_sign_ins
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.basis.refusals import NOT_YOURS, TOO_MANY, Refused, refusal
from kangqu.kernel.basis.sealing import blind
from kangqu.kernel.people.documents import blind_of
from kangqu.kernel.people.models import IdentifierDirectory, IdentifierKind, Person
from kangqu.kernel.people.names import normalise_name
from kangqu.kernel.people.phones import mask_phone, open_phone, phone_blind, read_phone, seal_phone
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream

PHONE_CODE_WRONG = refusal(
    "phone_code_wrong",
    "KQ-1707",
    zh="验证码不对或已过期，请重新获取。",
    en="The code is wrong or no longer valid: ask for a new one.",
    status=403,
)
NAME_NOT_PROVED = refusal(
    "name_not_proved",
    "KQ-1708",
    zh="姓名与证件号对不上登记信息，请核对，或到就近的卫生院登记。",
    en="Name and document number do not match our register: check them, or register at the nearest health centre.",
    status=403,
)

_FIELD: Final = "access.phone_code"
_PROVED_FOR: Final = timedelta(days=90)
"""A phone unused for so long may have changed hands: whose it is must be proved again."""


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code to be sent: to which phone (E.164), and under which cause the message is written."""

    id: int
    phone: str
    shown: str
    code: str
    minutes: int
    ends_at: datetime


def new_phone_code(
    phone: str, *, purpose: str, by: Actor, at: datetime, rng: random.Random, bound: str = ""
) -> SentCode:
    """A new code for ``phone``; earlier ones stop being good. Too soon or too often: ``Refused(TOO_MANY)``.

    ``bound`` is a secret of the browser that asks: the code is good only together with it.
    """
    number = read_phone(phone)
    index = phone_blind(number)
    minutes = policy.number("code.minutes", at)
    code = f"{rng.randrange(1_000_000):06}"
    with transaction.atomic():
        _one_at_a_time(index)
        _refuse_too_often(index, at)
        PhoneCode.objects.filter(phone_blind=index, purpose=purpose, used_at=None, ends_at__gt=at).update(ends_at=at)
        sent = PhoneCode.objects.create(
            phone_blind=index,
            code_blind=_code_blind(index, code, bound),
            purpose=purpose,
            sent_at=at,
            ends_at=at + timedelta(minutes=minutes),
        )
    return SentCode(sent.pk, number, mask_phone(number), code, minutes, sent.ends_at)


def _one_at_a_time(index: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(index[:8], "big", signed=True)])


def _refuse_too_often(index: bytes, at: datetime) -> None:
    wait = timedelta(seconds=policy.number("code.wait_seconds", at))
    last = PhoneCode.objects.filter(phone_blind=index).order_by("-sent_at").first()
    if last is not None and at - last.sent_at < wait:
        raise Refused(TOO_MANY, seconds=int((last.sent_at + wait - at).total_seconds()) + 1)
    today = PhoneCode.objects.filter(phone_blind=index, sent_at__gte=day_starts(city_day(at)))
    if today.count() >= policy.number("code.per_day", at):
        tomorrow = day_starts(city_day(at) + timedelta(days=1))
        raise Refused(TOO_MANY, seconds=int((tomorrow - at).total_seconds()))


def _code_blind(index: bytes, code: str, bound: str) -> bytes:
    return blind(f"{index.hex()}:{bound}:{code}", _FIELD)


def use_phone_code(phone: str, code: str, *, purpose: str, at: datetime, bound: str = "") -> str:
    """Take the code sent to ``phone``: the number in E.164, or ``Refused(PHONE_CODE_WRONG)``. Five tries, once."""
    number = read_phone(phone)
    index = phone_blind(number)
    live = PhoneCode.objects.filter(
        phone_blind=index, purpose=purpose, used_at=None, ends_at__gt=at, tries__lt=policy.number("code.tries", at)
    )
    row = live.order_by("-sent_at").first()
    # The try is counted before it is judged: of many at once no more than five are.
    if row is None or not live.filter(pk=row.pk).update(tries=F("tries") + 1):
        raise Refused(PHONE_CODE_WRONG, field="code")
    good = hmac.compare_digest(bytes(row.code_blind), _code_blind(index, "".join(code.split())[:20], bound))
    if not good or not PhoneCode.objects.filter(pk=row.pk, used_at=None).update(used_at=at):
        raise Refused(PHONE_CODE_WRONG, field="code")
    return number


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """An account that signs in with a phone, as the choice of who it is shows it."""

    account_id: int
    name: str
    needs_proof: bool


def accounts_of_phone(number: str, *, at: datetime) -> list[FamilyMember]:
    """The residents' accounts a proved phone (E.164) opens: none, one, or several of a family."""
    rows = Account.objects.filter(
        phone_blind=phone_blind(number), kind=AccountKind.RESIDENT, is_active=True, closed_at=None
    )
    found = rows.select_related("person").order_by("pk")
    return [
        FamilyMember(row.pk, mask_name(row.display_name), at - (row.last_login or row.opened_at) > _PROVED_FOR)
        for row in found
        if row.person is not None
    ]


def bind_resident(number: str, *, name: str, document: str, by: Actor, at: datetime) -> Account:
    """The account of the resident whose name and document number these are, bound to the proved phone ``number``.

    ``Refused(NAME_NOT_PROVED)`` alike for an unknown number, another name, and a person merged, moved or deceased.
    """
    take_attempt("proof", number, by=by, at=at)
    person = _proved(name, document)
    if person is None:
        record(by.did("account.bind", at=at, result=Result.FAILED, stream=Stream.SECURITY))
        raise Refused(NAME_NOT_PROVED)
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        account = Account.objects.filter(person=person, kind=AccountKind.RESIDENT).first()
        if account is None:
            account = Account(kind=AccountKind.RESIDENT, username=person.public_code, person=person, opened_at=at)
            account.set_unusable_password()
            account.display_name, account.demo = person.name, person.demo
            account.phone_sealed, account.phone_blind = seal_phone(number), phone_blind(number)
            account.save(force_insert=True)
        else:
            _move_phone(account, number, by, at)
        facts = {"phone": mask_phone(number)}
        said = by.did(
            "account.bind",
            at=at,
            person_id=person.pk,
            object_type="account",
            object_id=account.pk,
            facts=facts,
            stream=Stream.SECURITY,
        )
        record(said)
    forget_attempts("proof", number)
    return account


def _proved(name: str, document: str) -> Person | None:
    try:
        wanted = normalise_name(name)
    except Refused:
        wanted = ""
    index = blind_of(IdentifierKind.RESIDENT_ID, document)
    found = IdentifierDirectory.objects.filter(blind=index).values_list("person_id", flat=True)
    people = Person.objects.filter(pk__in=list(found)[:5], status="active", merged_into=None)
    proved = [each for each in people if hmac.compare_digest(each.name.encode(), wanted.encode())]
    return proved[0] if len(proved) == 1 else None


def _move_phone(account: Account, number: str, by: Actor, at: datetime) -> None:
    index = phone_blind(number)
    if bytes(account.phone_blind or b"") == index:
        return
    Account.objects.filter(pk=account.pk).update(phone_sealed=seal_phone(number), phone_blind=index)
    end_all_sign_ins(account.pk, by=by, at=at)


def change_phone(*, viewer: Viewer, number: str, at: datetime) -> str | None:
    """Sign in by another phone from now on, proved by a code sent to it. Returns the old number (E.164), if any.

    Every other session of the account ends.
    """
    with transaction.atomic():
        wanted = Account.objects.select_for_update().filter(pk=viewer.account_id or 0, kind=AccountKind.RESIDENT)
        account = wanted.first()
        if account is None:
            raise Refused(NOT_YOURS)
        old = open_phone(account.phone_sealed) if account.phone_sealed else None
        Account.objects.filter(pk=account.pk).update(phone_sealed=seal_phone(number), phone_blind=phone_blind(number))
        end_all_sign_ins(account.pk, by=viewer.actor(), at=at, but=viewer.sign_in_id)
        facts = {"old": mask_phone(old) if old else "", "new": mask_phone(number)}
        said = viewer.actor().did(
            "account.phone",
            at=at,
            person_id=viewer.person_id,
            object_type="account",
            object_id=account.pk,
            facts=facts,
            stream=Stream.SECURITY,
        )
        record(said)
    return old
