"""Fridges of an institution: registered, changed, taken out of use; whether vaccine may be put into one."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.cold_chain.excursions import FRIDGE_KINDS
from kangqu.systems.vaccination.cold_chain.models import Excursion, Fridge
from kangqu.systems.vaccination.cold_chain.refusals import FRIDGE_FULL, FRIDGE_TWICE, OUT_OF_RANGE
from kangqu.systems.vaccination.models import OpenVial, VialStock


def register_fridge(
    *, institution_id: int, name: str, kind: str, device: str = "", by: Actor, at: datetime
) -> Fridge:  # fmt: skip
    """A fridge of the institution. ``name`` as stock names it; ``device`` the logger in it, empty when it is read by hand."""
    if kind not in FRIDGE_KINDS or not name.strip():
        raise Refused(BAD_INPUT, field="kind", detail=", ".join(FRIDGE_KINDS))
    try:
        with transaction.atomic():
            made = Fridge.objects.create(
                institution_id=institution_id, name=name.strip(), kind=kind, device=device.strip(), made_at=at
            )
            _tell("fridge.register", made, by, at)
    except IntegrityError:
        raise Refused(FRIDGE_TWICE, field="name") from None
    return made


def change_fridge(
    fridge_id: int, *, device: str, active: bool, institution_id: int, by: Actor, at: datetime
) -> Fridge:  # fmt: skip
    """Another logger, or out of use and back. The name and kind stay: stock and readings are of them."""
    try:
        with transaction.atomic():
            found = Fridge.objects.select_for_update().filter(pk=fridge_id, institution_id=institution_id).first()
            if found is None:
                raise Refused(NOT_FOUND)
            here = {"institution_id": institution_id, "fridge": found.name}
            if not active and (
                VialStock.objects.filter(**here, vials__gt=0).exists()
                or OpenVial.objects.filter(**here, doses_left__gt=0).exists()
            ):
                raise Refused(FRIDGE_FULL, field="active")
            found.device, found.active = device.strip(), active
            found.save(update_fields=["device", "active"])
            _tell("fridge.change", found, by, at)
    except IntegrityError:
        raise Refused(FRIDGE_TWICE, field="device") from None
    return found


def take_vaccine(institution_id: int, name: str) -> None:
    """Refuse a fridge that is out of range now, or out of use. Until the transaction ends no excursion of it is found.

    A fridge nobody registered is not watched, and takes what is put in.
    """
    fridge = Fridge.objects.select_for_update().filter(institution_id=institution_id, name=name).first()
    if fridge is None:
        return
    out = Excursion.objects.filter(fridge=fridge, ends_at=None).exclude(held_at=None)
    if not fridge.active or out.exists():
        raise Refused(OUT_OF_RANGE, field="fridge", fridge=name)


def _tell(action: str, fridge: Fridge, by: Actor, at: datetime) -> None:
    facts = {"name": fridge.name, "kind": fridge.kind, "device": fridge.device, "active": fridge.active}
    record(by.did(action, at=at, object_type="fridge", object_id=fridge.pk, facts=facts))
