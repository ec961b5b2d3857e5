"""Lots and pots: received, blocked, out of order, mended."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.ids import Random, new_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.herbs import HERBS
from kangqu.systems.tcm_pharmacy.models import HerbLot, Pot
from kangqu.systems.tcm_pharmacy.promises.keeping import want_plan
from kangqu.systems.tcm_pharmacy.recall.lots import called_back, key_of, one_at_a_time
from kangqu.systems.tcm_pharmacy.refusals import LOT_TAKEN, UNKNOWN_HERB

LOT, POT = "L", "P"
_SYSTEM_RANDOM: Final = random.SystemRandom()


def receive_lot(
    institution_id: int,
    *,
    herb: str,
    number: str,
    grams: Decimal,
    expires_on: date,
    by: Actor,
    at: datetime,
    maker: str = "",
    origin: str = "",
    shelf: str = "",
    rng: Random = _SYSTEM_RANDOM,
) -> HerbLot:
    """Take a lot into the store, once for its number. ``herb`` is a pharmacopoeia name.

    What is called back is taken in to be sent back: it is blocked from the first moment.
    """
    if herb not in HERBS:
        raise Refused(UNKNOWN_HERB, field="herb", name=herb[:60])
    key = key_of(herb, number, maker)
    with transaction.atomic():
        one_at_a_time(key)
        recalled = called_back(key)
        lot, fresh = HerbLot.objects.get_or_create(
            institution_id=institution_id,
            herb=herb,
            number=number,
            defaults={
                "code": new_code(LOT, rng),
                "maker": maker,
                "origin": origin,
                "shelf": shelf,
                "received_at": at,
                "expires_on": expires_on,
                "grams_received": grams,
                "grams_left": grams,
                "blocked_at": at if recalled else None,
            },
        )
        if not fresh:
            if (lot.grams_received, lot.expires_on, lot.maker) != (grams, expires_on, maker):
                raise Refused(LOT_TAKEN, field="number")
            return lot
        facts = {"herb": herb, "number": number, "grams": str(grams), "expires": expires_on.isoformat()}
        if recalled:
            facts["recall"] = recalled
        record(by.did("tcm.lot.receive", at=at, object_type="herb_lot", object_id=lot.pk, facts=facts))
    return lot


def block_lot(lot_id: int, *, institution_id: int, by: Actor, at: datetime, reason: str) -> None:
    """Stop a lot from being dispensed. Blocking it again changes nothing."""
    with transaction.atomic():
        mine = HerbLot.objects.filter(pk=lot_id, institution_id=institution_id)
        if not mine.exists():
            raise Refused(NOT_FOUND)
        if mine.filter(blocked_at=None).update(blocked_at=at):
            record(by.did("tcm.lot.block", at=at, object_type="herb_lot", object_id=lot_id, reason=reason[:200]))


def add_pot(
    institution_id: int,
    *,
    name: str,
    grams: int,
    ml: int,
    by: Actor,
    at: datetime,
    external: bool = False,
    rng: Random = _SYSTEM_RANDOM,
) -> Pot:
    """Register a decoction machine, once for its name."""
    with transaction.atomic():
        pot, fresh = Pot.objects.get_or_create(
            institution_id=institution_id,
            name=name,
            defaults={"code": new_code(POT, rng), "grams": grams, "ml": ml, "external": external},
        )
        if fresh:
            record(by.did("tcm.pot.add", at=at, object_type="pot", object_id=pot.pk, facts={"name": name}))
    return pot


def pot_fails(pot_id: int, *, institution_id: int, by: Actor, at: datetime, reason: str = "") -> int | None:
    """Put a pot out of order; the number of the case that was in it, which is to be scrapped and made anew."""
    with transaction.atomic():
        mine = Pot.objects.filter(pk=pot_id, institution_id=institution_id)
        held = mine.values_list("case_id", flat=True).first() if mine.exists() else None
        if not mine.exists():
            raise Refused(NOT_FOUND)
        if mine.filter(failed_at=None).update(failed_at=at):
            record(by.did("tcm.pot.fail", at=at, object_type="pot", object_id=pot_id, reason=reason[:200]))
            want_plan()
    return held


def pot_mended(pot_id: int, *, institution_id: int, by: Actor, at: datetime) -> None:
    """Put a pot back to work."""
    with transaction.atomic():
        failed = Pot.objects.filter(pk=pot_id, institution_id=institution_id).exclude(failed_at=None)
        if failed.update(failed_at=None):
            record(by.did("tcm.pot.mend", at=at, object_type="pot", object_id=pot_id))
            want_plan()
