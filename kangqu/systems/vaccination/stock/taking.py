"""Doses out of vials: an open one that is not too old, else a new one is opened. Locked in order, written at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from kangqu.systems.vaccination.models import MoveKind, OpenVial, StockMove, VaccineLot, VialStock
from kangqu.systems.vaccination.policy import open_for


@dataclass(slots=True)
class Shelf:
    """What an institution has of some lots, locked for this transaction. ``take`` in memory, then ``write``.

    ``held``: lots of which there are vials that an excursion of their fridge holds.
    """

    institution_id: int
    at: datetime
    lots: dict[int, VaccineLot]
    closed: dict[int, list[VialStock]] = field(default_factory=dict)
    open: dict[int, list[OpenVial]] = field(default_factory=dict)
    fresh: list[OpenVial] = field(default_factory=list)
    touched: dict[int, VialStock | OpenVial] = field(default_factory=dict)
    moves: list[StockMove] = field(default_factory=list)
    held: set[int] = field(default_factory=set)

    def take(self, lot_id: int, dose_id: int, by: int | None) -> bool:
        """Take a dose of a lot for ``dose_id``; False when there is none."""
        for vial in self.open.get(lot_id, ()):
            if vial.doses_left > 0:
                vial.doses_left -= 1
                self.touched[id(vial)] = vial
                self._moved(lot_id, vial.fridge, dose_id, by, vials=0, doses=-1)
                return True
        for stock in self.closed.get(lot_id, ()):
            if stock.vials > 0:
                stock.vials -= 1
                self.touched[id(stock)] = stock
                left = self.lots[lot_id].doses_per_vial - 1
                if left:
                    self._open(lot_id, stock.fridge, left)
                self._moved(lot_id, stock.fridge, dose_id, by, vials=-1, doses=left)
                return True
        return False

    def _open(self, lot_id: int, fridge: str, left: int) -> None:
        lot = self.lots[lot_id]
        vial = OpenVial(
            institution_id=self.institution_id, lot_id=lot_id, fridge=fridge, doses_left=left, opened_at=self.at,
            discard_at=self.at + open_for(lot.vaccine, self.at),
        )  # fmt: skip
        self.fresh.append(vial)
        self.open.setdefault(lot_id, []).append(vial)

    def _moved(self, lot_id: int, fridge: str, dose_id: int, by: int | None, *, vials: int, doses: int) -> None:
        self.moves.append(
            StockMove(
                institution_id=self.institution_id, lot_id=lot_id, fridge=fridge, kind=MoveKind.GIVEN, vials=vials, doses=doses,
                dose_id=dose_id, by=by, at=self.at,
            )
        )  # fmt: skip

    def write(self) -> None:
        """Write what was taken."""
        fresh = {id(vial) for vial in self.fresh}
        VialStock.objects.bulk_update(
            [each for each in self.touched.values() if isinstance(each, VialStock)], ["vials"]
        )
        again = [each for each in self.touched.values() if isinstance(each, OpenVial) and id(each) not in fresh]
        OpenVial.objects.bulk_update(again, ["doses_left"])
        OpenVial.objects.bulk_create(self.fresh)
        StockMove.objects.bulk_create(self.moves)


def shelf_of(institution_id: int, lots: Iterable[VaccineLot], at: datetime) -> Shelf:
    """Lock what an institution has of these lots: closed vials before open ones, each in the order of their numbers."""
    shelf = Shelf(institution_id, at, {lot.pk: lot for lot in lots})
    if shelf.lots:
        mine = {"institution_id": institution_id, "lot_id__in": list(shelf.lots)}
        for stock in VialStock.objects.select_for_update().filter(**mine).order_by("id"):
            if stock.holds:
                shelf.held.add(stock.lot_id)
            else:
                shelf.closed.setdefault(stock.lot_id, []).append(stock)
        still = OpenVial.objects.select_for_update().filter(**mine, doses_left__gt=0, discard_at__gt=at)
        for vial in still.order_by("id"):
            if vial.holds:
                shelf.held.add(vial.lot_id)
            else:
                shelf.open.setdefault(vial.lot_id, []).append(vial)
    return shelf
