"""What the one code keeps only for a while: where codes were used, and the first answers to scans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from kangqu.kernel.basis.clock import city_day, day_starts
from kangqu.kernel.people.codes.limits import POLICIES, limits_at
from kangqu.kernel.people.codes.models import CodeScan
from kangqu.kernel.trace.partitions import drop_partitions


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many answers and old uses went, and how many days of uses."""

    scans: int
    uses: int
    days: int


def forget_uses(at: datetime) -> Forgotten:
    """Forget what was scanned longer ago than the policies keep it. Safe to run at any time and twice.

    Nothing goes that a scan sent late could still meet, whatever the policies say.
    """
    kept_uses, kept_scans = _kept("code.use_keep_days", at), _kept("code.scan_keep_days", at)
    since = day_starts(city_day(at - kept_uses))
    scans = CodeScan.objects.filter(received_at__lt=at - kept_scans).delete()[0]
    days = drop_partitions("people_code_use", before=city_day(since), used_since=since)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_code_use_rest WHERE at < %s AND issued_at < %s", [since, since])
        return Forgotten(scans, cursor.rowcount, len(days))


def _kept(policy: str, at: datetime) -> timedelta:
    days = timedelta(days=POLICIES.value(policy, on=city_day(at)))
    return max(days, limits_at(at).scan_age + timedelta(days=1))
