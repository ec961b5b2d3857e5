"""Staff of a synthetic city: an account for every filled seat, holding its role at its institution."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.contrib.auth.hashers import make_password

from kangqu.kernel.access.models import Account, AccountKind, Grant
from kangqu.kernel.basis.ids import Random, take_ids
from kangqu.kernel.places.models import Post
from kangqu.site.city.names import FEMALE, MALE, name_book

_FILLED: Final = 0.9


def staff_of(posts: Sequence[Post], *, at: datetime, rng: Random) -> int:
    """Fill most seats of ``posts``; return how many. Nobody can sign in as these accounts before a password is set."""
    seats = [post for post in posts for seat in range(post.places) if seat == 0 or rng.random() < _FILLED]
    numbers = iter(take_ids(2 * len(seats)))
    locked = make_password(None)
    accounts, grants = [], []
    book = name_book()
    for place, post in enumerate(seats, start=1):
        sex = FEMALE if rng.random() < 0.6 else MALE
        name = book.surname(rng) + book.given(rng, sex, 1965 + rng.randrange(36))
        account = Account(
            id=next(numbers), kind=AccountKind.STAFF, username=f"demo{place:06d}", display_name=f"{name}（演示）",
            password=locked, must_change_password=True, opened_at=at, demo=True,
        )  # fmt: skip
        accounts.append(account)
        grants.append(
            Grant(id=next(numbers), account=account, role=post.role, institution_id=post.institution_id, starts_at=at)
        )
    Account.objects.bulk_create(accounts, batch_size=1_000)
    Grant.objects.bulk_create(grants, batch_size=2_000)
    return len(seats)
