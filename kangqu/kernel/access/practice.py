"""Licences to practise (执业证): registered on an account by its institution's administrator, with the special rights granted.

What practises asks ``require_licence``; a licence that is over, or none, is refused in a sentence that says who puts it right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from kangqu.kernel.access.accounts import account_managed_by
from kangqu.kernel.access.models import LicenceKind, PractisingLicence, SpecialRight
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused, refusal
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.entries import Stream

NO_LICENCE = refusal(
    "no_practising_licence",
    "KQ-3343",
    zh="您的账户没有登记执业证，请本机构管理员在“人员”里登记。",
    en="No licence to practise is registered on your account: your institution's administrator registers it under Staff.",
    status=403,
)
LICENCE_EXPIRED = refusal(
    "practising_licence_expired",
    "KQ-3344",
    zh="执业证 {number} 已于 {until} 到期，续期后请本机构管理员重新登记。",
    en="The licence {number} ended on {until}: renew it, and have your institution's administrator register it again.",
    status=403,
)
LICENCE_NUMBER = refusal(
    "practising_licence_number",
    "KQ-3345",
    zh="执业证编号为 6–40 位字母、数字或横线。",
    en="A licence's number has 6 to 40 letters, digits or dashes.",
)
LICENCE_OVER = refusal(
    "practising_licence_over",
    "KQ-3346",
    zh="有效期已过，不能登记。",
    en="It is over already and cannot be registered.",
)
RIGHT_NOT_OF_KIND = refusal(
    "right_not_of_kind",
    "KQ-3347",
    zh="{right}只能授予{kinds}。",
    en="{right} is given only to: {kinds}.",
)
WRONG_KIND = refusal(
    "practising_licence_kind",
    "KQ-3348",
    zh="登记的是{kind}，不能开处方。",
    en="What is registered is for a {kind}, who does not prescribe.",
    status=403,
)

PRESCRIBING: Final = frozenset({LicenceKind.DOCTOR, LicenceKind.ASSISTANT, LicenceKind.VILLAGE})
OF_RIGHT: Final[Mapping[SpecialRight, frozenset[LicenceKind]]] = {
    SpecialRight.NARCOTIC: frozenset({LicenceKind.DOCTOR, LicenceKind.PHARMACIST}),
    SpecialRight.TOXIC: frozenset({LicenceKind.DOCTOR, LicenceKind.ASSISTANT, LicenceKind.PHARMACIST}),
}
"""Whose licence may carry which right: 处方管理办法 art. 11 for narcotics (mark C), the platform's design for toxic herbs (D)."""
_NUMBER: Final = re.compile(r"[0-9A-Za-z-]{6,40}")


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence in force on an account. ``until`` is its last day; None: without end."""

    kind: LicenceKind
    number: str
    until: date | None
    rights: frozenset[SpecialRight]

    def over(self, at: datetime) -> bool:
        return self.until is not None and self.until < city_day(at)

    def days_left(self, at: datetime) -> int | None:
        return None if self.until is None else (self.until - city_day(at)).days


def licence_of(account_id: int | None) -> Licence | None:
    """The licence registered on an account, also one that is over; None where there is none."""
    return licences_of([account_id or 0]).get(account_id or 0)


def licences_of(account_ids: Sequence[int]) -> dict[int, Licence]:
    """The same for several accounts."""
    rows = PractisingLicence.objects.filter(account_id__in=account_ids, ended_at=None)
    return {
        row.account_id: Licence(
            LicenceKind(row.kind), row.number, row.valid_until, frozenset(SpecialRight(each) for each in row.rights)
        )
        for row in rows
    }


def require_licence(account_id: int | None, *, at: datetime, kinds: Collection[LicenceKind] = PRESCRIBING) -> Licence:
    """The licence under which the account practises at ``at``; ``Refused`` where there is none, it is over, or of another kind."""
    licence = licence_of(account_id)
    if licence is None:
        raise Refused(NO_LICENCE)
    if licence.kind not in kinds:
        raise Refused(WRONG_KIND, kind=licence.kind.label)
    refuse_over(licence, at)
    return licence


def refuse_over(licence: Licence | None, at: datetime) -> None:
    """``Refused`` where a licence is registered and over."""
    if licence is not None and licence.over(at):
        assert licence.until is not None
        raise Refused(LICENCE_EXPIRED, number=licence.number, until=licence.until.isoformat())


def set_licence(
    account_id: int,
    *,
    kind: LicenceKind,
    number: str,
    valid_until: date | None,
    rights: Collection[SpecialRight] = (),
    by: Viewer | None,
    at: datetime,
) -> PractisingLicence:
    """Register a licence on an account ``by`` administers, in place of the one before. The same again changes nothing."""
    number = number.strip()
    if not _NUMBER.fullmatch(number):
        raise Refused(LICENCE_NUMBER, field="number")
    if valid_until is not None and valid_until < city_day(at):
        raise Refused(LICENCE_OVER, field="valid_until")
    for right in rights:
        if kind not in OF_RIGHT[right]:
            kinds = "、".join(str(each.label) for each in sorted(OF_RIGHT[right]))
            raise Refused(RIGHT_NOT_OF_KIND, field="rights", right=right.label, kinds=kinds)
    given = {"kind": kind, "number": number, "valid_until": valid_until, "rights": sorted(set(rights))}
    with transaction.atomic():
        account = account_managed_by(account_id, by)
        held = PractisingLicence.objects.filter(account=account, ended_at=None)
        known = held.first()
        if known is not None and all(getattr(known, name) == value for name, value in given.items()):
            return known
        _end(held, by, at)
        row = PractisingLicence.objects.create(
            account=account, recorded_at=at, recorded_by=by.account_id if by else None, **given
        )
        facts = {**given, "account": account_id, "valid_until": valid_until.isoformat() if valid_until else None}
        _tell("licence.set", row, facts, by, at)
    return row


def end_licence(account_id: int, *, reason: str, by: Viewer | None, at: datetime) -> None:
    """Take a licence off an account: revoked, or registered by mistake. ``Refused`` where there is none."""
    with transaction.atomic():
        account = account_managed_by(account_id, by)
        held = PractisingLicence.objects.filter(account=account, ended_at=None)
        row = held.first()
        if row is None:
            raise Refused(NOT_FOUND)
        _end(held, by, at)
        _tell("licence.end", row, {"account": account_id, "number": row.number}, by, at, reason=reason[:200])


def _end(held: QuerySet[PractisingLicence], by: Viewer | None, at: datetime) -> None:
    held.update(ended_at=at, ended_by=by.account_id if by else None)


def _tell(
    action: str, row: PractisingLicence, facts: dict[str, Any], by: Viewer | None, at: datetime, reason: str = ""
) -> None:
    actor = by.actor() if by is not None else the_house("operator")
    entry = actor.did(
        action, at=at, object_type="practising_licence", object_id=row.pk, facts=facts, reason=reason,
        stream=Stream.SECURITY,
    )  # fmt: skip
    record(entry)
