"""Taking a prescription: verified, read, reviewed, kept as it was signed, and put on the line, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.sealing import seal
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.places.models import Institution, InstitutionKind, InstitutionStatus
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy import guards, programme
from kangqu.systems.tcm_pharmacy.herbs import Handling
from kangqu.systems.tcm_pharmacy.models import Prescription, SigningKey
from kangqu.systems.tcm_pharmacy.policy import number
from kangqu.systems.tcm_pharmacy.prescriptions.judging import Judged, judge, valid_until
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn
from kangqu.systems.tcm_pharmacy.prescriptions.patients import patient_of
from kangqu.systems.tcm_pharmacy.prescriptions.poppy import poppy_days_before
from kangqu.systems.tcm_pharmacy.promises.spreading import least_waiting
from kangqu.systems.tcm_pharmacy.promises.turns import turns_on_arrival
from kangqu.systems.tcm_pharmacy.refusals import (
    DELIVERY_INCOMPLETE,
    NO_PHARMACY,
    NOT_ISSUED_YET,
    NUMBER_TAKEN,
    VERSION_WRONG,
)

SIGNED: Final = "tcm.prescription.signed"
DELIVERY: Final = "tcm.prescription.delivery"
_OVER: Final = ("returned", "void")
Herbs = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Signed:
    """What proves who prescribed: the bytes as they came, the signature, the key it verified under."""

    body: bytes
    signature: str
    key: SigningKey | None


@dataclass(frozen=True, slots=True)
class Taken:
    """The case, the prescription as it is kept, and whether it is new."""

    case: Snapshot
    prescription: Prescription
    fresh: bool


def take(
    order: OrderIn,
    *,
    signed: Signed,
    hospital_id: int,
    by: Actor,
    at: datetime,
    prescriber_id: int | None = None,
) -> Taken:
    """Take ``order`` of ``hospital_id``. The same body again answers what was taken; another under its number is refused.

    A correction is a new version of the number, once the one before it was returned or withdrawn. ``prescriber_id`` is
    the account that prescribed on our own page.
    """
    _refuse_what_cannot_be(order, city_day(at))
    digest = hashlib.sha256(signed.body).digest()
    with transaction.atomic():
        _alone(hospital_id, order.number)
        known = list(Prescription.objects.filter(hospital_id=hospital_id, number=order.number).order_by("version"))
        for each in known:
            if each.version == order.version:
                return _again(each, digest, order)
        before = _replaced(known, order)
        person = patient_of(order.patient)
        before_today = poppy_days_before(order, person.pk, today=city_day(at))
        judged = judge(order, person, at, poppy_before=before_today)
        facts = facts_of(order, judged.herbs, at) | review_facts(judged, prescriber_id)
        pharmacy_id = pharmacy_for(order, facts, hospital_id, at)
        turns = turns_on_arrival(facts, at)
        case, _ = open_case(
            programme.CODE,
            key=f"{hospital_id}/{order.number}/{order.version}",
            institution_id=pharmacy_id,
            origin_id=hospital_id,
            person_id=person.pk,
            number=order.number,
            parent_id=before.case_id if before is not None else None,
            by=by,
            at=at,
            facts=facts | ({programme.TURNS: turns} if turns else {}),
        )
        kept = Prescription.objects.create(
            case_id=case.id,
            person=person,
            hospital_id=hospital_id,
            number=order.number,
            version=order.version,
            replaces=before,
            issued_on=order.issued_on,
            prescriber_name=order.prescriber.name,
            prescriber_licence=order.prescriber.licence,
            prescriber_id=prescriber_id,
            department=order.department,
            diagnoses=[each.model_dump() for each in order.diagnoses],
            herbs=list(judged.herbs),
            doses=order.doses,
            details=_details(order),
            review=judged.as_data,
            severity=judged.review.severity.value if judged.review.severity else "",
            delivery_sealed=seal(order.delivery.model_dump_json(), DELIVERY),
            signed_sealed=seal(signed.body.decode("utf-8", "surrogateescape"), SIGNED),
            signature=signed.signature,
            key=signed.key,
            digest=digest,
            received_at=at,
        )
    return Taken(case, kept, True)


def _alone(hospital_id: int, rx_number: str) -> None:
    """One at a time for a number of a hospital: two versions sent at once do not both see none before them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"tcm/{hospital_id}/{rx_number}"])


def _refuse_what_cannot_be(order: OrderIn, today: date) -> None:
    if order.issued_on > today:
        raise Refused(NOT_ISSUED_YET, field="issued_on")
    delivery = order.delivery
    if delivery.how == guards.COURIER and not (delivery.receiver and delivery.phone and delivery.address):
        raise Refused(DELIVERY_INCOMPLETE, field="delivery")


def _again(known: Prescription, digest: bytes, order: OrderIn) -> Taken:
    from kangqu.kernel.cases.snapshot import snapshot

    if bytes(known.digest) != digest:
        raise Refused(NUMBER_TAKEN, field="number", number=order.number)
    case = snapshot(known.case_id)
    assert case is not None
    return Taken(case, known, False)


def _replaced(known: list[Prescription], order: OrderIn) -> Prescription | None:
    last = known[-1] if known else None
    wanted = last.version + 1 if last is not None else 1
    over = last is None or Case.objects.filter(pk=last.case_id, state__in=_OVER).exists()
    if order.version != wanted or not over:
        raise Refused(VERSION_WRONG, field="version", version=wanted)
    return last


def review_facts(judged: Judged, prescriber_id: int | None) -> dict[str, Any]:
    """What the review found, as the desk goes by it; and who prescribed, if ours."""
    facts: dict[str, Any] = {
        "severity": judged.review.severity.value if judged.review.severity else "",
        "blocked": judged.blocked,
        "two_signatures": judged.two_signatures,
    }
    return facts if prescriber_id is None else facts | {"prescriber": prescriber_id}


def facts_of(order: OrderIn, herbs: Herbs, at: datetime) -> dict[str, Any]:
    """What the line goes by: nothing of it names the patient. ``herbs`` as they are kept, with their handling."""
    decocted = order.decoct and order.form == "decoction"
    facts: dict[str, Any] = {
        "doses": order.doses,
        "grams": round(sum(each.grams for each in order.herbs), 2),
        "valid_until": valid_until(order.issued_on, order.extension_days).isoformat(),
        "decocted": decocted,
        "delivery": order.delivery.how,
        "external": order.route == "external",
        "priority": order.priority,
    }
    if order.delivery.how == guards.COURIER and order.delivery.district is not None:
        facts["district"] = order.delivery.district
    if decocted:
        boil = number(f"tcm.line.boil.{order.category}", at)
        facts |= {
            "category": order.category,
            "twice": not order.once,
            "soak_minutes": number("tcm.line.soak", at),
            "heat_minutes": number("tcm.line.heat_up", at),
            "boil_minutes": boil,
            "boil_again_minutes": round(boil * number("tcm.line.boil_again_share", at) / 100, 1),
            "packs": order.doses * (order.packs_per_dose or 2),
            "ml_per_pack": order.ml_per_pack or 200,
            "first_minutes": _first_minutes(herbs, at),
        }
        if any(Handling.LATE in each["handling"] for each in herbs):
            facts |= {
                "late_minutes": number("tcm.line.late", at),
                "late_earliest": number("tcm.line.late_earliest", at),
            }
    return facts


def _first_minutes(herbs: Herbs, at: datetime) -> float:
    """For how long what is boiled first boils alone: as long as the slowest of it; 0 when there is nothing."""
    handling = {Handling(code) for each in herbs for code in each["handling"]}
    long = number("tcm.line.first_long", at) if Handling.FIRST_LONG in handling else 0
    return max(long, number("tcm.line.first", at) if Handling.FIRST in handling else 0)


def _details(order: OrderIn) -> dict[str, Any]:
    given = order.model_dump(
        mode="json",
        include={
            "kind", "supply_reason", "record", "doses_per_day", "times_per_day", "packs_per_dose", "ml_per_pack", "route",
            "form", "decoct", "category", "once", "taking", "instructions", "priority", "resigned", "amount_fen",
            "extension_days",
        },
    )  # fmt: skip
    return given | {"patient": order.patient.model_dump(exclude={"resident", "id_kind", "id_number", "name"})}


_BUSY: Final = """
SELECT i.id FROM places_institution i
  LEFT JOIN LATERAL (SELECT count(*) AS open FROM cases_case c
     WHERE c.institution_id = i.id AND c.programme = %(programme)s AND c.closed_at IS NULL) AS w ON true
 WHERE i.kind = 'decoction_centre' AND i.status = 'open' ORDER BY w.open, i.id LIMIT 1
"""


def pharmacy_for(order: OrderIn, facts: Mapping[str, Any], hospital_id: int, at: datetime) -> int:
    """The pharmacy named, or the one that makes it first; where that cannot be said, the open one with the least before it."""
    if order.pharmacy is not None:
        return named_pharmacy(order.pharmacy)
    chosen = least_waiting(facts, hospital_id=hospital_id, at=at)
    if chosen is not None:
        return chosen
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, {"programme": programme.CODE})
        row = cursor.fetchone()
    if row is None:
        raise Refused(NO_PHARMACY, field="pharmacy")
    return int(row[0])


def named_pharmacy(code: str) -> int:
    """The open pharmacy with that public code, or ``Refused``."""
    kinds = (InstitutionKind.DECOCTION_CENTRE, InstitutionKind.PHARMACY, InstitutionKind.HOSPITAL)
    named = Institution.objects.filter(code=code.upper(), kind__in=kinds, status=InstitutionStatus.OPEN)
    found = named.values_list("pk", flat=True).first()
    if found is None:
        raise Refused(NO_PHARMACY, field="pharmacy")
    return int(found)


def delivery_of(prescription: Prescription) -> dict[str, Any]:
    """Where a prescription goes, opened; the caller has passed the case's door."""
    from kangqu.kernel.basis.sealing import unseal

    if prescription.delivery_sealed is None:
        return {}
    return dict(json.loads(unseal(prescription.delivery_sealed, DELIVERY)))
