"""Holding what lay in a fridge: closed and open vials there, and those moved out of it since; and freeing it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from kangqu.systems.vaccination.cold_chain.models import Excursion, Held
from kangqu.systems.vaccination.models import MoveKind, OpenVial, StockMove, VialStock


@dataclass(frozen=True, slots=True)
class Lain:
    """Where vials that were in the fridge lie or lay since: a fridge, a lot of it (0: all), and from when."""

    fridge: str
    lot_id: int
    since: datetime

    @property
    def where(self) -> Q:
        here = Q(fridge=self.fridge)
        return here & Q(lot_id=self.lot_id) if self.lot_id else here


def lain_of(excursion: Excursion) -> list[Lain]:
    """The fridge itself, and every fridge vials of it were moved to since the excursion began, however often."""
    found = [Lain(excursion.fridge.name, 0, excursion.begins_at)]
    out = list(
        StockMove.objects.filter(
            institution_id=excursion.fridge.institution_id,
            kind=MoveKind.MOVED,
            at__gte=excursion.begins_at,
            vials__lt=0,
        ).order_by("at", "id")
    )
    for each in out:  # in the order of time: what was moved on was moved in before
        came = [lain for lain in found if lain.fridge == each.fridge and lain.lot_id in (0, each.lot_id)]
        if any(lain.since <= each.at for lain in came):
            found.append(Lain(each.to_fridge, each.lot_id, each.at))
    return found


def hold(excursion: Excursion) -> int:
    """Hold what lies where vials of the fridge lie, as far as this excursion does not hold it already; how much that is new.

    Within the transaction that found the excursion. Of a dose and a hold at once the row's lock decides.
    """
    place = excursion.fridge.institution_id
    fresh = 0
    for lain in lain_of(excursion):
        stocks = VialStock.objects.filter(lain.where, institution_id=place, vials__gt=0)
        vials = OpenVial.objects.filter(lain.where, institution_id=place, doses_left__gt=0)
        mine = Held.objects.filter(excursion=excursion)
        stock_ids = _held_now(stocks.exclude(pk__in=mine.filter(stock__isnull=False).values("stock_id")))
        vial_ids = _held_now(vials.exclude(pk__in=mine.filter(vial__isnull=False).values("vial_id")))
        rows = [Held(excursion=excursion, stock_id=each, since=lain.since) for each in stock_ids]
        rows += [Held(excursion=excursion, vial_id=each, since=lain.since) for each in vial_ids]
        Held.objects.bulk_create(rows)
        fresh += len(rows)
    return fresh


def _held_now(rows: Any) -> list[int]:
    numbers = list(rows.select_for_update().order_by("id").values_list("id", flat=True))
    rows.model.objects.filter(pk__in=numbers).update(holds=F("holds") + 1)
    return numbers


def hold_too(stock: VialStock, source: VialStock, at: datetime) -> None:
    """Hold the vials of a lot that held vials of it are put beside: nobody can tell them apart."""
    by = Held.objects.filter(stock=source, excursion__decided_at=None)
    known = set(Held.objects.filter(stock=stock).values_list("excursion_id", flat=True))
    rows = [
        Held(excursion_id=each, stock=stock, since=at)
        for each in by.values_list("excursion_id", flat=True)
        if each not in known
    ]
    Held.objects.bulk_create(rows)
    VialStock.objects.filter(pk=stock.pk).update(holds=F("holds") + len(rows))


def free(excursion: Excursion) -> None:
    """Let go of what the excursion holds: what another one holds too stays held."""
    for model, name in ((VialStock, "stock_id"), (OpenVial, "vial_id")):
        numbers = _of(excursion, name)
        model.objects.filter(pk__in=numbers).update(holds=F("holds") - 1)


def held_stock(excursion: Excursion) -> Iterable[VialStock]:
    """The closed vials the excursion holds."""
    return VialStock.objects.filter(pk__in=_of(excursion, "stock_id")).select_related("lot").order_by("id")


def held_vials(excursion: Excursion) -> Iterable[OpenVial]:
    """The opened vials the excursion holds."""
    return OpenVial.objects.filter(pk__in=_of(excursion, "vial_id")).select_related("lot").order_by("id")


def _of(excursion: Excursion, name: str) -> list[int]:
    rows = Held.objects.filter(excursion=excursion).exclude(**{name: None})
    return sorted(rows.values_list(name, flat=True))
