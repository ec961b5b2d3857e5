"""Acknowledging that a case is late."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kangqu.kernel.cases.models import Alert
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor


def acknowledge(alert_id: int, *, roles: list[str], institution_ids: list[int], by: Actor, at: datetime) -> bool:
    """Say that one knows; only of what one's own posts were told. Of two colleagues one says it; the other changes nothing."""
    told = Alert.objects.filter(pk=alert_id, role__in=roles, institution_id__in=institution_ids, seen_at=None)
    with transaction.atomic():
        if not told.update(seen_at=at, seen_by=by.account_id):
            return False
        case_id, person_id = Alert.objects.values_list("case_id", "case__person_id").get(pk=alert_id)
        record(by.did("case.alert_seen", at=at, person_id=person_id, object_type="case", object_id=case_id))
    return True
