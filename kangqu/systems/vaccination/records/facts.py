"""What stays true of a person and schedules ask for: findings of her birth, tests, allergies. Kept once, used by every dose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import STALE, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.models import VaccinationFile
from kangqu.systems.vaccination.records.known import count_again, known, lock
from kangqu.systems.vaccination.refusals import NOBODY_SUCH

LASTING: Final = (
    "mother_hbsag",
    "birth_weight_g",
    "gestation_weeks",
    "ppd",
    "hiv",
    "hiv_symptoms",
    "immune_suppressed",
    "immune_deficiency",
    "severe_allergy",
)
"""The facts of ``forecast.Person`` that are kept; what passes (a fever, a pregnancy) is asked before every dose."""


def file_of(person_id: int) -> tuple[Mapping[str, Any], datetime | None]:
    """What is kept of a person, those of records merged into hers among it, and when it was last changed."""
    who = known([person_id]).get(person_id)
    if who is None:
        return {}, None
    latest = VaccinationFile.objects.filter(person_id__in=who.records).order_by("-changed_at").first()
    return {name: who.facts.get(name) for name in LASTING}, latest.changed_at if latest is not None else None


def keep_facts(
    person_id: int, facts: Mapping[str, Any], *, seen: datetime | None, by: Actor, at: datetime
) -> frozenset[str]:
    """Write down the lasting facts (those left out are unknown) and judge every dose again; the names of what changed.

    ``seen``: when the file had last been changed as it was looked at; STALE if somebody changed it since. The trace names the
    facts, not what they say. The caller has passed her door.
    """
    with transaction.atomic():
        lock([person_id])
        before, changed_at = file_of(person_id)
        if changed_at != seen:
            raise Refused(STALE)
        if not before:
            raise Refused(NOBODY_SUCH)
        told = {name: facts.get(name) for name in LASTING} | {
            "severe_allergy": sorted(facts.get("severe_allergy") or ())
        }
        changed = frozenset(name for name in LASTING if _said(before[name]) != _said(told[name]))
        if not changed:
            return changed
        VaccinationFile.objects.update_or_create(person_id=person_id, defaults={"facts": told, "changed_at": at})
        count_again(list(known([person_id]).values()), city_day(at))
        record(
            by.did(
                "vaccination.file", at=at, person_id=person_id, object_type="vaccination_file", object_id=person_id,
                facts={"changed": sorted(changed)},
            )
        )  # fmt: skip
    return changed


def _said(value: Any) -> Any:
    """What was said; None for nothing."""
    return None if value in ("", []) else value
