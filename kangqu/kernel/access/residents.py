"""A resident's own account: how she is reached, the look she chose, and emergency looks at her with what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from kangqu.kernel.access.emergency import Reason
from kangqu.kernel.access.looks import institution_names
from kangqu.kernel.access.models import Account, AccountKind, BreakGlass
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.people.models import Person
from kangqu.kernel.people.phones import mask_phone, open_phone, phone_blind

LANGUAGES = ("zh-hans", "en")


def keep_look(viewer: Viewer, *, language: str | None = None, large_type: bool | None = None) -> None:
    """Remember the language and the elder mode a resident chose; what is None stays as it was."""
    chosen: dict[str, str | bool] = {}
    if language in LANGUAGES:
        chosen["language"] = language
    if large_type is not None:
        chosen["large_type"] = large_type
    if chosen:
        Account.objects.filter(pk=viewer.account_id or 0, kind=AccountKind.RESIDENT).update(**chosen)


@dataclass(frozen=True, slots=True)
class Reached:
    """How the platform reaches a resident who signs in: her phone (E.164, and masked) and her language."""

    phone: str
    shown: str
    language: str


def reach_of(person_id: int) -> Reached | None:
    """The phone the resident signs in with; None when she has no account or no phone."""
    account = _open_accounts().filter(person_id=person_id).first()
    if account is None or not account.phone_sealed:
        return None
    number = open_phone(account.phone_sealed)
    return Reached(number, mask_phone(number), account.language)


def residents_signing_in_by(number: str) -> list[Person]:
    """The residents whose accounts this phone (E.164) opens: in a family there may be several."""
    rows = _open_accounts().filter(phone_blind=phone_blind(number)).select_related("person__merged_into")
    found = {(row.person.merged_into or row.person) for row in rows.order_by("pk")[:20] if row.person is not None}
    return sorted(found, key=lambda person: person.pk)


def _open_accounts() -> QuerySet[Account]:
    return Account.objects.filter(kind=AccountKind.RESIDENT, is_active=True, closed_at=None)


@dataclass(frozen=True, slots=True)
class EmergencyLook:
    """An emergency look at a resident as she may know it: where, why, when, and whether it was found justified."""

    institution: str
    reason: str
    reason_en: str
    opened_at: datetime
    ends_at: datetime
    outcome: str
    reviewed_at: datetime | None


def emergency_looks(person_ids: list[int], *, limit: int = 50) -> list[EmergencyLook]:
    """Emergency looks at a resident (all her records), latest first. The caller has passed the door."""
    rows = list(BreakGlass.objects.filter(person_id__in=person_ids).order_by("-opened_at", "-id")[:limit])
    names = institution_names(row.institution_id for row in rows)
    return [
        EmergencyLook(
            institution=names.get(row.institution_id, ""),
            reason=Reason(row.reason).label,
            reason_en=Reason(row.reason).label_en,
            opened_at=row.opened_at,
            ends_at=row.ends_at,
            outcome=row.outcome,
            reviewed_at=row.reviewed_at,
        )
        for row in rows
    ]
