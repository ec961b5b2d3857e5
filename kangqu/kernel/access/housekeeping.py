"""What access keeps only for a while, and forgets afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from oauth2_provider.models import AccessToken

from kangqu.kernel.access import policy
from kangqu.kernel.access.models import AccountEvent, Attempts, IdempotencyKey, PhoneCode

_CODES_KEPT = timedelta(days=2)  # a day's limit is counted from midnight
_ATTEMPTS_KEPT = timedelta(days=7)


def forget_old(at: datetime) -> int:
    """Delete idempotency keys, phone codes, counts of tries, tokens and account events whose time is over; how many went.

    What happened to an account stays in the trace for good.

    Safe to run at any time and twice.
    """
    over = (
        IdempotencyKey.objects.filter(at__lt=at - policy.hours("key.hours", at)),
        PhoneCode.objects.filter(sent_at__lt=at - _CODES_KEPT),
        Attempts.objects.filter(Q(locked_until=None) | Q(locked_until__lt=at - _ATTEMPTS_KEPT)).filter(
            first_at__lt=at - _ATTEMPTS_KEPT
        ),
        AccessToken.objects.filter(expires__lt=at),
        AccountEvent.objects.filter(at__lt=at - policy.days("event.days", at)),
    )
    return sum(rows.delete()[0] for rows in over)
