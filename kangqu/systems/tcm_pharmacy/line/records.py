"""What the line works with and writes down: lots of herbs, pots, weighings, what machines report."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.cases.models import Case
from kangqu.kernel.places.models import Institution


class HerbLot(models.Model):
    """A lot (批号) of one herb at one pharmacy. ``grams_left`` never falls below nothing; a blocked lot is not dispensed."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("公开编码（L…）", max_length=16, unique=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    herb = models.CharField("饮片", max_length=60)
    number = models.CharField("批号", max_length=40)
    maker = models.CharField("生产企业", max_length=100, blank=True)
    origin = models.CharField("产地", max_length=60, blank=True)
    shelf = models.CharField("货位", max_length=20, blank=True)
    received_at = models.DateTimeField()
    expires_on = models.DateField()
    grams_received = models.DecimalField(max_digits=12, decimal_places=2)
    grams_left = models.DecimalField(max_digits=12, decimal_places=2)
    blocked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [
            models.UniqueConstraint(fields=["institution", "herb", "number"], name="herb_lot_once"),
            models.CheckConstraint(
                condition=Q(grams_left__gte=0) & Q(grams_left__lte=F("grams_received")), name="herb_lot_left"
            ),
        ]


class Pot(models.Model):
    """A decoction machine. ``case`` is what is in it; of two who charge it at once one does."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("公开编码（P…）", max_length=16, unique=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=20)
    external = models.BooleanField("外用药专用", default=False)
    grams = models.IntegerField("可煎饮片（克）")
    ml = models.IntegerField("容量（毫升）")
    case = models.OneToOneField(Case, on_delete=models.PROTECT, null=True, related_name="+")
    failed_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField("最近一次出锅", null=True)

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [models.UniqueConstraint(fields=["institution", "name"], name="pot_once")]


class Weighing(models.Model):
    """One herb of one prescription, weighed for all its doses, from one lot. ``round`` counts how often it was made anew."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    round = models.SmallIntegerField(default=1)
    place = models.SmallIntegerField()
    herb = models.CharField(max_length=60)
    lot = models.ForeignKey(HerbLot, on_delete=models.PROTECT, related_name="+", db_index=False)
    grams_asked = models.DecimalField(max_digits=9, decimal_places=2)
    grams = models.DecimalField(max_digits=9, decimal_places=2)
    by_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [models.UniqueConstraint(fields=["case", "round", "place"], name="weighed_once")]
        indexes = [models.Index(fields=["lot", "at"], name="weighing_by_lot")]


class Reading(models.Model):
    """The temperature a pot's machine reported. The same instant is reported once."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    celsius = models.DecimalField(max_digits=5, decimal_places=1)
    received_at = models.DateTimeField()

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [models.UniqueConstraint(fields=["pot", "at"], name="reading_once")]
        indexes = [models.Index(fields=["case", "at"], condition=Q(case__isnull=False), name="reading_of_case")]


class MachineTime(models.Model):
    """When something began at a pot, as its machine told: heating, boiling, the heat switched off, the liquor drained."""

    class What(models.TextChoices):
        HEATING = "heating", "开始加热"
        BOILING = "boiling", "沸腾"
        STOPPED = "stopped", "停止加热"
        DRAINED = "drained", "排出药液"

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    what = models.CharField(max_length=8, choices=What.choices)
    received_at = models.DateTimeField()

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [models.UniqueConstraint(fields=["pot", "at", "what"], name="machine_time_once")]
        indexes = [models.Index(fields=["case", "at"], condition=Q(case__isnull=False), name="machine_time_of_case")]


class MachineKey(models.Model):
    """The secret a pot's machine signs its reports with; sealed by the house's own. One is in force at a time."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="keys", db_index=False)
    secret_sealed = models.BinaryField()
    given_at = models.DateTimeField()
    given_by = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [
            models.UniqueConstraint(fields=["pot"], condition=Q(ended_at=None), name="machine_key_in_force_once")
        ]


class RefusedReport(models.Model):
    """Reports that were not taken, counted by pot, reason and day of the city. Without a pot: of none that is known."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    why = models.CharField("原因（拒绝的编号）", max_length=10)
    day = models.DateField()
    times = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [
            models.UniqueConstraint(fields=["pot", "why", "day"], name="refused_report_once", nulls_distinct=False)
        ]
