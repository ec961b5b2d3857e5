"""Stock is received, moved, opened, wasted, counted; lots are held, recalled and freed. Every change is a movement.

A balance is changed by an UPDATE that names what it needs, with a CHECK behind it: of two who take the last vial one does.
A movement's key makes a retry harmless.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F

from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_REUSED, NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.cold_chain.holding import hold_too
from kangqu.systems.vaccination.cold_chain.keeping import take_vaccine
from kangqu.systems.vaccination.cold_chain.refusals import VIALS_HELD
from kangqu.systems.vaccination.forecast import PRODUCTS
from kangqu.systems.vaccination.models import LotState, MoveKind, OpenVial, StockMove, VaccineLot, VialStock
from kangqu.systems.vaccination.policy import open_for
from kangqu.systems.vaccination.refusals import LOT_DIFFERS, TOO_FEW, VIAL_EMPTY, WHY_NEEDED

MOST_VIALS: Final = 1_000_000
OVER: Final = "开启超时"
"""Why what is left of an opened vial is thrown away when its time is over."""


def register_lot(*, vaccine: str, maker: str, number: str, expires_on: date, doses_per_vial: int) -> VaccineLot:
    """The lot of the city, once for vaccine, maker and number; ``LOT_DIFFERS`` when it is known otherwise."""
    if vaccine not in PRODUCTS or not maker.strip() or not number.strip() or not 1 <= doses_per_vial <= 50:
        raise Refused(BAD_INPUT, field="number", detail="vaccine, maker, number, 1–50")
    lot, fresh = VaccineLot.objects.get_or_create(
        vaccine=vaccine,
        maker=maker.strip(),
        number=number.strip(),
        defaults={"expires_on": expires_on, "doses_per_vial": doses_per_vial},
    )
    if not fresh and (lot.expires_on, lot.doses_per_vial) != (expires_on, doses_per_vial):
        raise Refused(LOT_DIFFERS, field="number", lot=lot.number)
    return lot


def receive(
    lot: VaccineLot, *, institution_id: int, fridge: str, vials: int, key: str, by: Actor, at: datetime
) -> VialStock:
    """Put vials of a lot into a fridge of the institution, not one out of range. The same key again is the same delivery."""
    _whole(vials, 1)
    with transaction.atomic():
        take_vaccine(institution_id, fridge.strip())
        stock, _ = VialStock.objects.get_or_create(institution_id=institution_id, lot=lot, fridge=fridge.strip())
        if _moved(stock, MoveKind.RECEIVED, vials=vials, key=key, by=by, at=at):
            VialStock.objects.filter(pk=stock.pk).update(vials=F("vials") + vials)
            _tell("vaccine.receive", stock, by, at, vials=vials, fridge=stock.fridge)
        stock.refresh_from_db()
    return stock


def open_vial(stock_id: int, *, institution_id: int, key: str, by: Actor, at: datetime) -> None:
    """Open a vial of several doses: they are good for the minutes of the policy. The same key opens one."""
    with transaction.atomic():
        stock = _mine(stock_id, institution_id)
        doses = stock.lot.doses_per_vial
        if doses == 1:
            raise Refused(BAD_INPUT, field="vials", detail="1 / 1")
        if VialStock.objects.select_for_update().get(pk=stock.pk).holds:
            raise Refused(VIALS_HELD, lot=stock.lot.number)
        if not _moved(stock, MoveKind.OPENED, vials=-1, doses=doses, key=key, by=by, at=at):
            return
        _take(stock, 1)
        until = at + open_for(stock.lot.vaccine, at)
        OpenVial.objects.create(
            institution_id=institution_id, lot=stock.lot, fridge=stock.fridge, doses_left=doses, opened_at=at, discard_at=until
        )  # fmt: skip
        _tell("vaccine.open", stock, by, at, doses=doses)


def move(
    stock_id: int, vials: int, *, fridge: str, institution_id: int, key: str, by: Actor, at: datetime
) -> VialStock:  # fmt: skip
    """Put closed vials into another fridge of the institution, not one out of range. Held vials stay held, and what they are put beside too."""
    _whole(vials, 1)
    with transaction.atomic():
        stock = _mine(stock_id, institution_id)
        if not fridge.strip() or fridge.strip() == stock.fridge:
            raise Refused(BAD_INPUT, field="fridge", detail="fridge")
        take_vaccine(institution_id, fridge.strip())
        there, _ = VialStock.objects.get_or_create(institution_id=institution_id, lot=stock.lot, fridge=fridge.strip())
        both = VialStock.objects.select_for_update().filter(pk__in=(stock.pk, there.pk)).order_by("id")
        holds = {each.pk: each.holds for each in both}
        if _moved(stock, MoveKind.MOVED, vials=-vials, key=key, to_fridge=there.fridge, by=by, at=at):
            _take(stock, vials)
            _moved(there, MoveKind.MOVED, vials=vials, key=f"{key}/in", by=by, at=at)
            VialStock.objects.filter(pk=there.pk).update(vials=F("vials") + vials)
            if holds[stock.pk]:
                hold_too(there, stock, at)
            _tell("vaccine.move", stock, by, at, vials=vials, fridge=stock.fridge, to=there.fridge)
        there.refresh_from_db()
    return there


def waste(stock_id: int, vials: int, *, why: str, institution_id: int, key: str, by: Actor, at: datetime) -> None:
    """Write off closed vials, with a reason."""
    _whole(vials, 1)
    _said(why)
    with transaction.atomic():
        stock = _mine(stock_id, institution_id)
        if _moved(stock, MoveKind.WASTED, vials=-vials, key=key, why=why, by=by, at=at):
            _take(stock, vials)
            _tell("vaccine.waste", stock, by, at, vials=vials, why=why.strip()[:200])


def waste_open(vial_id: int, *, why: str, institution_id: int, by: Actor, at: datetime) -> int:
    """Throw away what is left of an opened vial; how many doses that was."""
    _said(why)
    with transaction.atomic():
        mine = OpenVial.objects.filter(pk=vial_id, institution_id=institution_id)
        vial = mine.select_for_update().first()
        if vial is None:
            raise Refused(NOT_FOUND)
        left = vial.doses_left
        if not left or not mine.filter(doses_left=left).update(doses_left=0):
            raise Refused(VIAL_EMPTY)
        stock = VialStock.objects.get(institution_id=institution_id, lot_id=vial.lot_id, fridge=vial.fridge)
        _moved(stock, MoveKind.WASTED, doses=-left, why=why, by=by, at=at)
        _tell("vaccine.waste", stock, by, at, doses=left, why=why.strip()[:200])
    return left


def discard_over(*, institution_id: int, by: Actor, at: datetime) -> int:
    """Throw away the opened vials of an institution whose time is over; how many."""
    over = OpenVial.objects.filter(institution_id=institution_id, doses_left__gt=0, discard_at__lte=at)
    done = 0
    for number in over.order_by("pk").values_list("pk", flat=True)[:500]:
        try:
            waste_open(number, why=OVER, institution_id=institution_id, by=by, at=at)
            done += 1
        except Refused as refused:
            if refused.why is not VIAL_EMPTY:  # somebody else threw it away meanwhile
                raise
    return done


def count(stock_id: int, vials: int, *, why: str, institution_id: int, key: str, by: Actor, at: datetime) -> int:
    """What was found at a count: the difference is a movement, with its reason where there is one. The difference."""
    _whole(vials, 0)
    with transaction.atomic():
        _mine(stock_id, institution_id)
        stock = VialStock.objects.select_for_update().get(pk=stock_id)
        if StockMove.objects.filter(institution_id=institution_id, key=key).exists():
            return 0
        difference = vials - stock.vials
        if difference:
            _said(why)
        _moved(stock, MoveKind.COUNTED, vials=difference, key=key, why=why, by=by, at=at)
        VialStock.objects.filter(pk=stock_id).update(vials=F("vials") + difference)
        _tell("vaccine.count", stock, by, at, vials=vials, difference=difference, why=why.strip()[:200])
    return difference


def set_lot_state(lot_id: int, state: LotState, *, why: str, by: Actor, at: datetime) -> None:
    """Hold, recall or free a lot for the whole city, with the reason. To the state it is in already: nothing."""
    _said(why)
    with transaction.atomic():
        mine = VaccineLot.objects.filter(pk=lot_id)
        if not mine.exists():
            raise Refused(NOT_FOUND)
        if mine.exclude(state=state).update(state=state, state_why=why.strip()[:200], state_at=at):
            action = "vaccine.release" if state is LotState.OK else "vaccine.hold"
            facts = {"state": state.value}
            record(by.did(action, at=at, object_type="vaccine_lot", object_id=lot_id, reason=why[:200], facts=facts))


def _whole(vials: int, least: int) -> None:
    if not least <= vials <= MOST_VIALS:
        raise Refused(BAD_INPUT, field="vials", detail=f"{least}–{MOST_VIALS}")


def _said(why: str) -> None:
    if not why.strip():
        raise Refused(WHY_NEEDED, field="why")


def _mine(stock_id: int, institution_id: int) -> VialStock:
    found = VialStock.objects.select_related("lot").filter(pk=stock_id, institution_id=institution_id).first()
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def _take(stock: VialStock, vials: int) -> None:
    if not VialStock.objects.filter(pk=stock.pk, vials__gte=vials).update(vials=F("vials") - vials):
        raise Refused(TOO_FEW, field="vials", vials=VialStock.objects.values_list("vials", flat=True).get(pk=stock.pk))


def _moved(
    stock: VialStock,
    kind: MoveKind,
    *,
    by: Actor,
    at: datetime,
    vials: int = 0,
    doses: int = 0,
    key: str | None = None,
    why: str = "",
    to_fridge: str = "",
) -> bool:
    """Write the movement; False when the same was written under the key before."""
    row = StockMove(
        institution_id=stock.institution_id, lot_id=stock.lot_id, fridge=stock.fridge, kind=kind, vials=vials, doses=doses,
        to_fridge=to_fridge, why=why.strip()[:200], key=key, by=by.account_id, at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        before = StockMove.objects.get(institution_id=stock.institution_id, key=key)
        if (before.kind, before.lot_id, before.fridge, before.vials) != (kind, stock.lot_id, stock.fridge, vials):
            raise Refused(KEY_REUSED, field="key") from None
        return False
    return True


def _tell(action: str, stock: VialStock, by: Actor, at: datetime, **facts: object) -> None:
    record(by.did(action, at=at, object_type="vaccine_stock", object_id=stock.pk, facts=facts))
