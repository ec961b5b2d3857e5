"""What can be asked of places."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.places.actions import TOKEN_PREFIX
from kangqu.kernel.places.divisions import known_code
from kangqu.kernel.places.models import Device, Institution, InstitutionStatus, Region, RegionCodeHistory
from kangqu.kernel.places.refusals import REGION_UNKNOWN

PAGE = 50


@dataclass(frozen=True, slots=True)
class ResolvedRegion:
    """The division that stands for a code today; ``warning`` names the abolished code it was found by."""

    region: Region
    asked: str
    warning: str = ""


def regions_under(code: str = "") -> QuerySet[Region]:
    """The divisions directly below ``code``; the provinces when it is empty."""
    return Region.objects.filter(parent_id=code or None).order_by("code")


def region_subtree(code: str) -> QuerySet[Region]:
    """``code`` and every division below it: a prefix."""
    return Region.objects.filter(code__startswith=code).order_by("code")


def region_line(code: str) -> list[Region]:
    """The division and those above it, province first."""
    codes = [code[:length] for length in (2, 4, 6, 9, 12) if length <= len(code)]
    return list(Region.objects.filter(code__in=codes).order_by("code"))


def resolve_region(code: str) -> ResolvedRegion:
    """The division of a code in force or abolished (its successor, with a warning), or ``Refused(REGION_UNKNOWN)``.

    ``370300`` and ``370000``, as GB/T 2260 prints cities and provinces, mean ``3703`` and ``37``.
    """
    short = code[:-2] if len(code) == 6 and code.endswith("00") else code
    short = short[:-2] if len(short) == 4 and short.endswith("00") else short
    if (region := Region.objects.filter(code=short).first()) is not None:
        return ResolvedRegion(region, code)
    old = RegionCodeHistory.objects.filter(code=code).order_by("-from_year").first()
    if old is not None and (region := Region.objects.filter(code=old.successor).first()) is not None:
        ended = f"{old.to_year} 年停用" if old.to_year else "不再单列"
        return ResolvedRegion(region, code, warning=f"{old.name}（{code}）{ended}，现为{region.name}（{region.code}）")
    if (known := known_code(code)) is not None and (region := Region.objects.filter(code=code[:4]).first()) is not None:
        return ResolvedRegion(region, code, warning=f"{known.name}（{code}）已撤销，归入{region.name}")
    raise Refused(REGION_UNKNOWN, code=code)


def reporting_county(code: str) -> str:
    """The county that counts ``code`` in national returns: its own, or the one its functional zone reports under."""
    zone = Region.objects.filter(code=code[:6]).values_list("reports_under_id", flat=True).first()
    return zone or code[:6]


def institution_subtree(institution: Institution) -> QuerySet[Institution]:
    """An institution and everything below it."""
    return Institution.objects.filter(path__startswith=institution.path).order_by("path")


def institution_line(institution: Institution) -> list[Institution]:
    """The institution and those above it, root first."""
    numbers = [int(number) for number in institution.path.strip("/").split("/")]
    return sorted(Institution.objects.filter(pk__in=numbers), key=lambda each: len(each.path))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of institutions by name; ``after`` asks for the next one, None when this is the last."""

    rows: Sequence[Institution]
    after: tuple[str, int] | None


def find_institutions(
    *,
    text: str = "",
    kind: str = "",
    region: str = "",
    under: Institution | None = None,
    closed: bool = False,
    after: tuple[str, int] | None = None,
    limit: int = PAGE,
) -> Page:
    """Institutions by kind, region (with all below it), subtree, and part of a name, its pinyin or its initials.

    In the order of their pinyin, ``limit`` (1–500) to a page; ``after`` is what the page before handed out.
    """
    rows = Institution.objects.all()
    if not closed:
        rows = rows.exclude(status__in=(InstitutionStatus.CLOSED, InstitutionStatus.REVOKED))
    if kind:
        rows = rows.filter(kind=kind)
    if region:
        rows = rows.filter(region__code__startswith=region)
    if under is not None:
        rows = rows.filter(path__startswith=under.path)
    if sought := "".join(text.replace("\0", "").split())[:100]:
        latin = sought.lower()
        by_name = Q(name__contains=sought) | Q(short_name__contains=sought) | Q(code=sought.upper())
        rows = rows.filter(by_name | Q(name_pinyin__contains=latin) | Q(name_initials__contains=latin))
    if after is not None:
        pinyin, number = after
        rows = rows.filter(Q(name_pinyin__gt=pinyin) | Q(name_pinyin=pinyin, id__gt=number))
    limit = min(max(limit, 1), 500)
    found = list(rows.select_related("region").order_by("name_pinyin", "id")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Page(found, (found[-1].name_pinyin, found[-1].pk) if more else None)


def lives_in_served(institution: Institution, *, field: str = "region__code") -> Q:
    """The condition, on any rows with a region, that they lie in the divisions ``institution`` serves.

    ``Person.objects.filter(lives_in_served(clinic)).count()`` is the clinic's served population. An institution that
    serves none matches nothing.
    """
    served = institution.serves.values_list("region_id", flat=True)
    return reduce(or_, (Q(**{f"{field}__startswith": code}) for code in served), Q(pk__in=[]))


def served_by(region: str) -> QuerySet[Institution]:
    """The institutions in charge of the people of ``region``: those that serve it or a division above it."""
    codes = [region[:length] for length in (2, 4, 6, 9, 12) if length <= len(region)]
    return Institution.objects.filter(serves__region_id__in=codes).distinct().order_by("path")


def device_of(token: str) -> Device | None:
    """The registered device that holds ``token``, with its station and institution; None when revoked or unknown."""
    if not token.startswith(TOKEN_PREFIX) or len(token) > 100:
        return None
    digest = hashlib.sha256(token.encode()).digest()
    live = Device.objects.filter(token_sha256=digest, revoked_at=None, station__open=True)
    return live.select_related("station__institution").first()
