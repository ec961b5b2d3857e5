"""Invariants of places."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q
from django.db.models.functions import Length

from kangqu.kernel.basis.checks import Finding, check
from kangqu.kernel.places.models import Institution, Region, institution_path


@check("places.paths", "Every institution's path is its parent's with its own number at the end.")
def check_paths() -> Iterator[Finding]:
    for institution in Institution.objects.select_related("parent").order_by("pk").iterator(chunk_size=2_000):
        expected = institution_path(institution.parent, institution.pk)
        if institution.path != expected:
            yield Finding(f"institution {institution.pk}", f"its path is {institution.path}, not {expected}")


@check("places.regions", "Every division's code begins with its parent's, and only provinces have none.")
def check_regions() -> Iterator[Finding]:
    orphans = Q(parent=None) & ~Q(level="province")
    strangers = Q(parent__isnull=False) & ~Q(code__startswith=F("parent_id"))
    flat = Q(parent__isnull=False, code_length__lte=F("parent_length"))
    rows = Region.objects.annotate(code_length=Length("code"), parent_length=Length("parent_id"))
    for region in rows.filter(orphans | strangers | flat).order_by("code").iterator(chunk_size=2_000):
        yield Finding(f"region {region.code}", f"its parent is {region.parent_id or 'missing'}")


@check("places.standing", "Every institution stands in a division and, if open, under an open parent.")
def check_standing() -> Iterator[Finding]:
    gone = ("closed", "revoked")
    for institution in Institution.objects.filter(region=None):
        yield Finding(f"institution {institution.pk}", "it has no region")
    for institution in Institution.objects.filter(parent__status__in=gone).exclude(status__in=gone):
        yield Finding(f"institution {institution.pk}", "it is open under a closed parent")
