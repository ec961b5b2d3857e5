"""Consent: given to a text, for a purpose, to an institution or to all, until a day; withdrawn as easily.

Separate consent for health data: 个人信息保护法 arts 13–16, 29; a child under 14 by a guardian: art 31.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files

from django.db import transaction

from kangqu.kernel.access import policy
from kangqu.kernel.access.doors import Relation, access_person
from kangqu.kernel.access.models import Consent
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day, day_ends
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused, refusal
from kangqu.kernel.people.models import Person
from kangqu.kernel.people.reads import consents_for_herself
from kangqu.kernel.places.models import Institution, InstitutionStatus
from kangqu.kernel.trace.actions import record

TEXT_NOT_IN_FORCE = refusal(
    "consent_text_not_in_force",
    "KQ-1710",
    zh="同意书已有新版本，请重新阅读。",
    en="The text of the consent has changed: please read it again.",
    status=409,
)
GUARDIAN_NEEDED = refusal(
    "guardian_needed",
    "KQ-1711",
    zh="未满 14 周岁，须由监护人同意。",
    en="Under 14, a guardian must consent.",
)
END_NOT_POSSIBLE = refusal(
    "end_not_possible",
    "KQ-1712",
    zh="有效期应在明天到 {years} 年之内。",
    en="The end must lie between tomorrow and {years} years from now.",
)


@dataclass(frozen=True, slots=True)
class ConsentText:
    purpose: Purpose
    version: str
    starts: date
    zh: str
    en: str


@lru_cache(maxsize=1)
def _texts() -> tuple[ConsentText, ...]:
    data = tomllib.loads(files("kangqu.kernel.access").joinpath("consent_texts.toml").read_text(encoding="utf-8"))
    return tuple(
        ConsentText(Purpose(row["purpose"]), row["version"], row["from"], row["zh"], row["en"]) for row in data["text"]
    )


def consent_text(purpose: Purpose, *, on: date) -> ConsentText:
    """The text in force for ``purpose``; ``Refused(NOT_FOUND)`` for a purpose nobody consents to."""
    in_force = [text for text in _texts() if text.purpose is purpose and text.starts <= on]
    if not in_force:
        raise Refused(NOT_FOUND)
    return max(in_force, key=lambda text: text.starts)


def give_consent(
    viewer: Viewer,
    code: str,
    *,
    purpose: Purpose,
    text_version: str,
    until: date,
    at: datetime,
    institution_code: str | None = None,
) -> Consent:
    """Consent for oneself, or as a guardian for the person in one's care, to the text as it was read.

    Giving it again to the same institution for the same purpose ends the earlier one.
    """
    today = city_day(at)
    if consent_text(purpose, on=today).version != text_version:
        raise Refused(TEXT_NOT_IN_FORCE)
    years = policy.number("consent.longest_years", at)
    if not today < until <= today + timedelta(days=366 * years):
        raise Refused(END_NOT_POSSIBLE, field="until", years=years)
    with transaction.atomic():
        person_id = _whose(viewer, code, at)
        institution_id = _institution(institution_code)
        # The person's row is the lock: of two given at once the second ends the first.
        Person.objects.select_for_update().get(pk=person_id)
        same = Consent.objects.filter(person_id=person_id, institution_id=institution_id, purpose=purpose)
        same.filter(withdrawn_at=None).update(withdrawn_at=at)
        given = Consent.objects.create(
            person_id=person_id,
            institution_id=institution_id,
            purpose=purpose,
            text_version=text_version,
            given_at=at,
            given_by=viewer.account_id or 0,
            ends_at=day_ends(until),
        )
        facts = {"purpose": purpose.value, "version": text_version, "institution": institution_id}
        by = viewer.actor(purpose=Purpose.SELF)
        record(
            by.did("consent.give", at=at, person_id=person_id, object_type="consent", object_id=given.id, facts=facts)
        )
    return given


def _whose(viewer: Viewer, code: str, at: datetime) -> int:
    opened = access_person(viewer, code, to=Purpose.SELF, at=at, action="consent.open")
    if opened.relation is not Relation.GUARDIAN and not consents_for_herself(opened.person, at):
        raise Refused(GUARDIAN_NEEDED)
    return opened.person.pk


def _institution(code: str | None) -> int | None:
    if code is None:
        return None
    found = Institution.objects.filter(code=code, status=InstitutionStatus.OPEN).first()
    if found is None:
        raise Refused(NOT_FOUND, field="institution")
    return found.pk


def withdraw_consent(viewer: Viewer, code: str, *, consent_id: int, at: datetime) -> None:
    """Withdraw a consent; what was seen before stays lawful (art 15). Withdrawing twice is the same as once."""
    with transaction.atomic():
        person_id = access_person(viewer, code, to=Purpose.SELF, at=at, action="consent.open").person.pk
        mine = Consent.objects.filter(person_id=person_id, id=consent_id)
        if not mine.exists():
            raise Refused(NOT_FOUND)
        if mine.filter(withdrawn_at=None).update(withdrawn_at=at):
            by = viewer.actor(purpose=Purpose.SELF)
            record(by.did("consent.withdraw", at=at, person_id=person_id, object_type="consent", object_id=consent_id))


def consents_of(person_id: int) -> list[Consent]:
    """Every consent a resident ever gave, latest first. The caller has passed the door."""
    return list(Consent.objects.filter(person_id=person_id).order_by("-given_at", "-id"))
