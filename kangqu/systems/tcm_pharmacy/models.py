"""What the pharmacy keeps besides its cases: prescriptions as they were signed, and the keys of those who sign them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.cases.models import Case
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.systems.tcm_pharmacy.line.records import (
    HerbLot,
    MachineKey,
    MachineTime,
    Pot,
    Reading,
    RefusedReport,
    Weighing,
)
from kangqu.systems.tcm_pharmacy.promises.records import Floor, Promise, PromiseMove, PromiseNews, Round
from kangqu.systems.tcm_pharmacy.rating.records import Rating
from kangqu.systems.tcm_pharmacy.recall.records import RecallContact, RecallTry
from kangqu.systems.tcm_pharmacy.supervising.records import DayCounted, DaySum


class SigningKey(models.Model):
    """A public key under which an institution signs its prescriptions; the private one never leaves it."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("密钥编号（kid）", max_length=40)
    jwk = models.JSONField("公钥（JWK）")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    added_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "name"], name="signing_key_once")]


class Prescription(models.Model):
    """One version of one prescription: what was signed, how it was read, what the review found. Never edited.

    ``herbs``: [{"written", "name", "grams", "handling": […], "note"}]; grams are of one dose. ``review`` is the automatic
    review at arrival. ``signed_sealed`` holds the signed bytes as they came; ``delivery_sealed`` where it goes.
    """

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    hospital = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField("处方号", max_length=40)
    version = models.SmallIntegerField(default=1)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    issued_on = models.DateField()
    prescriber_name = models.CharField(max_length=100)
    prescriber_licence = models.CharField(max_length=40)
    prescriber_id = models.BigIntegerField(null=True)
    department = models.CharField(max_length=60, blank=True)
    diagnoses = models.JSONField(default=list)
    herbs = models.JSONField()
    doses = models.SmallIntegerField()
    details = models.JSONField()
    review = models.JSONField()
    severity = models.CharField(max_length=12, blank=True)
    delivery_sealed = models.BinaryField(null=True)
    signed_sealed = models.BinaryField(null=True)
    signature = models.TextField(blank=True)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, null=True, related_name="+")
    digest = models.BinaryField(max_length=32)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hospital", "number", "version"], name="prescription_once"),
            models.CheckConstraint(condition=Q(doses__gte=1), name="prescription_doses"),
        ]
        indexes = [
            models.Index(
                fields=["prescriber_id", "received_at"],
                condition=Q(prescriber_id__isnull=False),
                name="prescription_of_prescriber",
            )
        ]


__all__ = [
    "DayCounted",
    "DaySum",
    "Floor",
    "HerbLot",
    "MachineKey",
    "MachineTime",
    "Pot",
    "Prescription",
    "Promise",
    "PromiseMove",
    "PromiseNews",
    "Rating",
    "Reading",
    "RecallContact",
    "RecallTry",
    "RefusedReport",
    "Round",
    "SigningKey",
    "Weighing",
]
