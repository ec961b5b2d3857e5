"""What venue check-in keeps only for a while: the keys devices reported under."""

from __future__ import annotations

from datetime import datetime, timedelta

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.trace.presences import forget_keys_before
from kangqu.systems.venue_check.reports import POLICIES, limits_on


def forget_keys(at: datetime) -> int:
    """Forget devices' keys older than the policy keeps them; how many. A key a late report could repeat is kept."""
    kept = timedelta(days=POLICIES.value("presence.key_keep_days", on=city_day(at)))
    return forget_keys_before(at - max(kept, limits_on(at).age + timedelta(days=1)))
