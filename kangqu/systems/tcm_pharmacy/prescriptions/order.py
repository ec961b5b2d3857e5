"""A prescription as a hospital sends it: the shape of the signed JSON. Every number is bounded, every text measured."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from kangqu.systems.tcm_pharmacy.herbs import Handling
from kangqu.web.api import LongText, PublicCode, Schema, Text

Short = Annotated[Text, Field(max_length=60)]
Number = Annotated[Text, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._/-]+$")]
MOST_HERBS = 60


class HerbIn(Schema):
    """One herb: its name as written, grams in one dose, how it is handled."""

    name: Annotated[Text, Field(min_length=1, max_length=60)]
    grams: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
    handling: Annotated[list[Handling], Field(max_length=4)] = []
    note: Short = ""


class DiagnosisIn(Schema):
    code: Annotated[Text, Field(max_length=30)] = ""
    name: Annotated[Text, Field(min_length=1, max_length=100)]


class PatientIn(Schema):
    """Who it is for: the resident's public code, or a document and the name in it; and what the review asks.

    None is "not known". ``age`` is the city's to say.
    """

    resident: PublicCode | None = None
    id_kind: Annotated[Text, Field(max_length=2)] = "01"
    id_number: Annotated[Text, Field(max_length=40)] | None = None
    name: Annotated[Text, Field(max_length=100)] | None = None
    pregnant: bool | None = None
    lactating: bool | None = None
    menstruating: bool | None = None
    liver_impaired: bool | None = None
    kidney_impaired: bool | None = None
    glaucoma: bool | None = None
    tachycardia: bool | None = None
    bleeding: bool | None = None
    haemoptysis: bool | None = None
    athlete: bool | None = None


class PrescriberIn(Schema):
    """``account``: the name under which the doctor signs in here, if she does: she then follows it on her own page."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    licence: Annotated[Text, Field(min_length=1, max_length=40)]
    narcotic_right: bool = False
    toxic_right: bool | None = None
    account: Annotated[Text, Field(min_length=1, max_length=60)] | None = None


class DeliveryIn(Schema):
    """``fetch`` at the pharmacy, by ``courier`` (receiver, phone and address needed), or to the ``ward``.

    ``district`` is the county of the address (6 digits): with it a courier's round is chosen; without it the farthest is reckoned.
    """

    how: Literal["fetch", "courier", "ward"] = "fetch"
    receiver: Annotated[Text, Field(max_length=100)] = ""
    phone: Annotated[Text, Field(max_length=32)] = ""
    address: Text = ""
    district: Annotated[Text, Field(pattern=r"^[0-9]{6}$")] | None = None
    ward: Short = ""


class OrderIn(Schema):
    """The signed body of ``POST /api/v1/tcm/prescriptions``."""

    number: Number
    version: Annotated[int, Field(ge=1, le=99)] = 1
    issued_on: date
    extension_days: Annotated[int, Field(ge=0, le=3)] = 0
    kind: Literal["ordinary", "emergency", "long_term"] = "ordinary"
    supply_reason: Text = ""
    record: Literal["outpatient", "admission", "discharge", "other"] = "outpatient"
    department: Short = ""
    patient: PatientIn
    prescriber: PrescriberIn
    diagnoses: Annotated[list[DiagnosisIn], Field(max_length=20)] = []
    herbs: Annotated[list[HerbIn], Field(min_length=1, max_length=MOST_HERBS)]
    doses: Annotated[int, Field(ge=1, le=90)]
    doses_per_day: Annotated[float, Field(gt=0, le=4, allow_inf_nan=False)] = 1
    times_per_day: Annotated[int, Field(ge=1, le=8)] = 2
    packs_per_dose: Annotated[int, Field(ge=1, le=6)] | None = 2
    ml_per_pack: Annotated[int, Field(ge=10, le=500)] | None = 200
    route: Literal["internal", "external"] = "internal"
    form: Literal["decoction", "powder", "granule"] = "decoction"
    decoct: bool = True
    category: Literal["GENERAL", "EXTERIOR", "TONIC"] = "GENERAL"
    once: bool = False
    taking: Short = ""
    instructions: LongText = ""
    priority: Literal["ordinary", "ward", "express"] = "ordinary"
    resigned: Annotated[list[Annotated[Text, Field(max_length=60)]], Field(max_length=40)] = []
    amount_fen: Annotated[int, Field(ge=0, le=10**9)] | None = None
    delivery: DeliveryIn = DeliveryIn()
    pharmacy: PublicCode | None = None
