"""What holds among adopted policies, on live data (``kangqu check``)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from kangqu.kernel.basis.checks import Finding, check
from kangqu.kernel.basis.clock import day_starts
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.policies.actions import MARGIN
from kangqu.kernel.policies.catalogue import catalogue
from kangqu.kernel.policies.models import PolicyVersion, VersionState


@check(
    "policies.adopted", "Every adopted policy is one that is shipped, within its bounds, approved before it started."
)
def check_adopted() -> Iterator[Finding]:
    for version in PolicyVersion.objects.filter(state=VersionState.ADOPTED).iterator():
        where = f"policies_policyversion id={version.pk}"
        definition = catalogue().get(version.policy)
        if definition is None:
            yield Finding(where, f"no policy {version.policy} is shipped")
            continue
        try:
            definition.accepted(version.value)
        except Refused as refused:
            yield Finding(where, refused.sentence("en"))
        if version.decided_at is None or version.decided_at + MARGIN > day_starts(version.starts):
            yield Finding(where, f"starts on {version.starts}, was approved at {version.decided_at}")


@check("policies.trace", "Every adopted policy was proposed and approved by two people who stand in the trace.")
def check_trace() -> Iterator[Finding]:
    sql = (
        "SELECT v.id, w.action FROM policies_policyversion v CROSS JOIN LATERAL (VALUES ('policies.propose', v.proposed_by,"
        " v.proposed_at), ('policies.approve', v.decided_by, v.decided_at)) AS w(action, who, at)"
        " WHERE v.state = 'adopted' AND NOT EXISTS (SELECT FROM trace_entry t WHERE t.action = w.action AND t.at = w.at"
        " AND t.actor_id = w.who AND t.object_id = v.id)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for number, action in cursor.fetchall():
            yield Finding(f"policies_policyversion id={number}", f"no {action} in the trace")
