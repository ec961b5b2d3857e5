"""What holds of accounts and grants on live data (``kangqu check``)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Q

from kangqu.kernel.access.models import Account, AccountKind, Grant, SignIn
from kangqu.kernel.access.roles import ADMIN_ROLES
from kangqu.kernel.basis.checks import Finding, check
from kangqu.kernel.places.models import InstitutionStatus

_SHUT = (InstitutionStatus.CLOSED, InstitutionStatus.REVOKED)


@check("access.grants_open", "Every role in force is held at an institution that is open, by an account that is.")
def grants_at_open_institutions() -> Iterator[Finding]:
    shut = Q(institution__status__in=_SHUT) | Q(account__closed_at__isnull=False)
    for grant in Grant.objects.filter(shut, ends_at=None).select_related("institution").order_by("pk").iterator():
        yield Finding(f"grant {grant.pk}", f"{grant.role} at institution {grant.institution.code} should have ended")


@check("access.admins_apart", "No account is more than one of system, security and audit administrator.")
def admins_apart() -> Iterator[Finding]:
    held = Grant.objects.filter(role__in=ADMIN_ROLES, ends_at=None).values("account_id")
    for row in held.annotate(kinds=Count("role", distinct=True)).filter(kinds__gt=1).order_by("account_id"):
        yield Finding(f"account {row['account_id']}", f"holds {row['kinds']} administrators' roles")


@check("access.four_eyes", "Whoever confirmed an administrator's role is neither who gave it nor who holds it.")
def four_eyes() -> Iterator[Finding]:
    same = Q(confirmed_by=F("granted_by")) | Q(confirmed_by=F("account_id")) | Q(granted_by=F("account_id"))
    for grant in Grant.objects.filter(same).order_by("pk").iterator():
        yield Finding(f"grant {grant.pk}", f"{grant.role} of account {grant.account_id} had one pair of eyes")


@check("access.residents_bound", "Every resident's account belongs to a person, and no other account does.")
def residents_bound() -> Iterator[Finding]:
    resident = Q(kind=AccountKind.RESIDENT)
    wrong = (resident & Q(person=None)) | (~resident & Q(person__isnull=False))
    for account in Account.objects.filter(wrong).order_by("pk").iterator():
        yield Finding(f"account {account.pk}", "the account and the person do not belong together")


@check("access.sessions_ended", "No session of a closed account is alive.")
def sessions_of_closed_accounts() -> Iterator[Finding]:
    alive = SignIn.objects.filter(ended_at=None, account__closed_at__isnull=False)
    for each in alive.order_by("pk").iterator():
        yield Finding(f"sign-in {each.pk}", f"account {each.account_id} is closed and its session is not")
