"""Fridges, what was measured in them, excursions, and which vials they hold."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.places.models import Institution


class Fridge(models.Model):
    """A fridge of an institution. ``name`` is what stock says lies where; ``device`` the logger in it, empty when read by hand."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField("冰箱", max_length=20)
    kind = models.CharField("种类", max_length=12)
    device = models.CharField("温度记录仪编号", max_length=40, blank=True)
    active = models.BooleanField("在用", default=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "name"], name="fridge_named_once"),
            models.UniqueConstraint(
                fields=["institution", "device"], condition=~models.Q(device=""), name="logger_in_one_fridge"
            ),
        ]


class Reading(models.Model):
    """A temperature in a fridge: tenths of a degree Celsius at an instant."""

    pk = models.CompositePrimaryKey("fridge_id", "at")
    fridge = models.ForeignKey(Fridge, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    tenths = models.SmallIntegerField()

    class Meta:
        db_table = "vaccination_reading"


class Excursion(models.Model):
    """A time in which a fridge was out of range, or not heard of. ``case_code`` is where it is decided."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    fridge = models.ForeignKey(Fridge, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8)
    begins_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("恢复", null=True)
    extreme = models.SmallIntegerField("最极端（0.1 ℃）", null=True)
    found_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)
    case_id = models.BigIntegerField(null=True)
    case_code = models.CharField(max_length=16, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_how = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("begins_at")),
                name="an_excursion_lasts",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at__isnull=True, decided_how="")
                | (models.Q(decided_at__isnull=False) & ~models.Q(decided_how="")),
                name="an_excursion_is_decided_somehow",
            ),
        ]
        indexes = [
            models.Index(fields=["fridge", "begins_at"], name="excursion_of_fridge"),
            models.Index(fields=["case_id"], name="excursion_of_case"),
        ]


class Held(models.Model):
    """That an excursion holds closed vials of a lot, or an opened vial."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    excursion = models.ForeignKey(Excursion, on_delete=models.PROTECT, related_name="+", db_index=False)
    stock = models.ForeignKey("VialStock", on_delete=models.PROTECT, null=True, related_name="+")
    vial = models.ForeignKey("OpenVial", on_delete=models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField("从此刻起")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["excursion", "stock", "vial"], name="held_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=models.Q(stock__isnull=True) ^ models.Q(vial__isnull=True), name="held_is_one_thing"
            ),
        ]
