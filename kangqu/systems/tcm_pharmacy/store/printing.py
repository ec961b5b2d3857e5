"""What is printed on labels, put together from what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from kangqu.kernel.access.models import Account
from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy import programme
from kangqu.systems.tcm_pharmacy.herbs import Handling
from kangqu.systems.tcm_pharmacy.labels.barcode import bars
from kangqu.systems.tcm_pharmacy.labels.model import (
    BagLabel,
    Label,
    ParcelLabel,
    PotLabel,
    Route,
    SampleLabel,
    ShelfLabel,
    TubLabel,
)
from kangqu.systems.tcm_pharmacy.line.receivers import REASONS
from kangqu.systems.tcm_pharmacy.models import HerbLot, Pot, Prescription
from kangqu.systems.tcm_pharmacy.policy import number
from kangqu.systems.tcm_pharmacy.prescriptions.intake import delivery_of

_APART: Final = (Handling.POWDER, Handling.MELT, Handling.DISSOLVE)
_CATEGORY: Final = {"GENERAL": "一般", "EXTERIOR": "解表", "TONIC": "滋补"}
_PRIORITY: Final = {"express": "加急", "ward": "病区"}
_PAPER_MM: Final = 90.0


def of_thing(kind: str, code: str, institution_id: int) -> list[Label]:
    """The label of a lot or a pot of the pharmacy."""
    if kind == "lot":
        lot = HerbLot.objects.filter(code=read_code(code, "L") or "", institution_id=institution_id).first()
        if lot is None:
            raise Refused(NOT_FOUND)
        return [
            ShelfLabel(
                code=lot.code,
                herb=lot.herb,
                place=lot.shelf or "—",
                lot=lot.number,
                maker=lot.maker or "—",
                origin=lot.origin or "—",
                expires=lot.expires_on,
                warning="已停用" if lot.blocked_at else "",
            )
        ]
    pot = (
        Pot.objects.select_related("institution")
        .filter(code=read_code(code, "P") or "", institution_id=institution_id)
        .first()
    )
    if pot is None:
        raise Refused(NOT_FOUND)
    route = Route.EXTERNAL if pot.external else Route.INTERNAL
    return [PotLabel(pot.code, pot.name, pot.institution.name, route, pot.grams, pot.ml)]


def of_prescription(kind: str, case: Snapshot, *, at: datetime) -> Sequence[Label]:
    """The labels of a prescription: its tub, each bag, or the courier's parcel. The caller has passed the case's door."""
    kept = Prescription.objects.select_related("person", "hospital").filter(case_id=case.id).first()
    if case.programme != programme.CODE or kept is None:
        raise Refused(NOT_FOUND)
    route = Route.EXTERNAL if case.facts.get("external") else Route.INTERNAL
    if kind == "tub":
        return [_tub(kept, case, route)]
    centre = Institution.objects.get(pk=case.institution_id)
    if kind == "parcel":
        return [_parcel(kept, case, centre, at)]
    return [_bag(kept, case, centre, route, at)] * max(1, min(int(case.facts.get("packs") or kept.doses), 540))


def of_sample(case: Snapshot) -> SampleLabel:
    """The label of a retained sample. The caller has passed the case's door."""
    if case.programme != "tcm_sample":
        raise Refused(NOT_FOUND)
    opened = Case.objects.select_related("institution").get(pk=case.id)
    keeper = TraceEntry.objects.filter(object_type="case", object_id=case.id, action="case.open").first()
    names = Account.objects.filter(pk=(keeper.actor_id if keeper is not None else None) or 0)
    return SampleLabel(
        code=case.code,
        prescription=str(case.facts.get("prescription", "")),
        centre=opened.institution.name,
        bags=int(case.facts.get("bags", 1)),
        place=str(case.facts.get("place", "")) or "—",
        kept_at=opened.opened_at,
        keep_until=case.due_at or opened.opened_at,
        keeper=names.values_list("display_name", flat=True).first() or "—",
    )


def _tub(kept: Prescription, case: Snapshot, route: Route) -> TubLabel:
    facts = case.facts
    handling = tuple(
        f"{Handling(code).label} {each['name'] or each['written']}" for each in kept.herbs for code in each["handling"]
    )
    return TubLabel(
        code=case.code,
        patient=kept.person.name,
        institution=kept.hospital.name,
        department=kept.department,
        route=route,
        doses=kept.doses,
        herb_grams=round(float(facts["grams"]) * kept.doses),
        soak_minutes=round(float(facts.get("soak_minutes", 0))),
        category=_CATEGORY.get(str(facts.get("category")), "不代煎"),
        priority=_PRIORITY.get(str(facts.get("priority")), ""),
        due=case.due_at,
        handling=handling,
    )


def _bag(kept: Prescription, case: Snapshot, centre: Institution, route: Route, at: datetime) -> BagLabel:
    since = case.facts.get("boil_from")
    decocted = datetime.fromisoformat(since) if isinstance(since, str) else at
    checker = Account.objects.filter(pk=case.facts.get("checker") or 0).values_list("display_name", flat=True).first()
    enclosed = tuple(
        (str(each["name"] or each["written"]), Handling(code).label)
        for each in kept.herbs
        for code in each["handling"]
        if code in _APART
    )
    return BagLabel(
        code=case.code,
        patient=kept.person.name,
        institution=kept.hospital.name,
        department=kept.department,
        route=route,
        doses=kept.doses,
        packs=int(case.facts.get("packs") or kept.doses),
        ml_a_pack=int(case.facts.get("ml_per_pack") or 0),
        times_a_day=int(kept.details["times_per_day"]),
        timing=kept.details["taking"] or "遵医嘱",
        storage="2～8 ℃ 冷藏",
        decocted_at=decocted.astimezone(CITY),
        use_before=(decocted + timedelta(days=number("tcm.line.keeps_days", at))).astimezone(CITY),
        centre=centre.name,
        checker=checker or "—",
        phone=centre.phone or "—",
        enclosed=enclosed,
    )


def _parcel(kept: Prescription, case: Snapshot, centre: Institution, at: datetime) -> ParcelLabel:
    delivery = delivery_of(kept)
    if not delivery.get("address"):
        raise Refused(NOT_FOUND)
    return ParcelLabel(
        code=case.code,
        receiver=delivery["receiver"],
        phone=delivery["phone"],
        address=delivery["address"],
        district="",
        round="",
        departs_at=(case.due_at or at).astimezone(CITY),
        bags=int(case.facts.get("packs") or kept.doses),
        storage="2～8 ℃ 冷藏",
        centre=centre.name,
        masked=True,
    )


def commands() -> list[dict[str, Any]]:
    """The command barcodes of a station with their words: confirm, clear, the usual numbers of packs, why another fetches."""
    words = [("KQ-CONFIRM", "确认", "Confirm"), ("KQ-CLEAR", "清空", "Clear")]
    words += [(str(count), f"{count} 袋", f"{count} packs") for count in (6, 10, 12, 14, 20, 28)]
    words += [(text, f"代取：{why.zh}", f"Fetched: {why.en}") for text, why in REASONS.items()]
    return [{"zh": zh, "en": en, **bars(text, _PAPER_MM)} for text, zh, en in words]
