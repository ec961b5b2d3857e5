"""Lots of vaccine, what an institution has of them and where, and every movement: a balance is the sum of its movements."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.places.models import Institution


class LotState(models.TextChoices):
    OK = "ok", "可用"
    HELD = "held", "暂停使用"
    RECALLED = "recalled", "召回"


class VaccineLot(models.Model):
    """A lot (批号) of one vaccine by one maker, the same for the whole city."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("公开编码（B…）", max_length=16, unique=True)
    vaccine = models.CharField("疫苗", max_length=20)
    maker = models.CharField("生产企业", max_length=60)
    number = models.CharField("批号", max_length=40)
    expires_on = models.DateField("有效期至（当日可用）")
    doses_per_vial = models.SmallIntegerField("每支人份")
    state = models.CharField(max_length=8, choices=LotState, default=LotState.OK)
    state_why = models.CharField(max_length=200, blank=True)
    state_at = models.DateTimeField(null=True)
    state_by = models.BigIntegerField(null=True)
    registered_at = models.DateTimeField()

    class Meta:
        app_label = "vaccination"
        constraints = [
            models.UniqueConstraint(fields=["vaccine", "maker", "number"], name="vaccine_lot_once"),
            models.CheckConstraint(
                condition=Q(doses_per_vial__gte=1, doses_per_vial__lte=100), name="vaccine_lot_doses"
            ),
            models.CheckConstraint(
                condition=Q(state="ok") | (~Q(state_why="") & Q(state_at__isnull=False)), name="vaccine_lot_says_why"
            ),
        ]
        indexes = [models.Index(fields=["number"], name="vaccine_lot_number")]


class Stock(models.Model):
    """Unopened vials of a lot at an institution in one place (a fridge). Never below nothing."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(VaccineLot, on_delete=models.PROTECT, related_name="+")
    place = models.CharField("冰箱", max_length=20)
    vials = models.IntegerField(default=0)

    class Meta:
        app_label = "vaccination"
        constraints = [
            models.UniqueConstraint(fields=["institution", "lot", "place"], name="stock_once"),
            models.CheckConstraint(condition=Q(vials__gte=0), name="stock_vials"),
        ]


class OpenVial(models.Model):
    """A vial that was opened: what is left may be given until ``good_until``, then it is thrown away."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField()
    good_until = models.DateTimeField()
    doses_left = models.SmallIntegerField()

    class Meta:
        app_label = "vaccination"
        constraints = [models.CheckConstraint(condition=Q(doses_left__gte=0), name="open_vial_doses")]
        indexes = [
            models.Index(fields=["stock", "good_until"], condition=Q(doses_left__gt=0), name="open_vial_left"),
            models.Index(fields=["good_until"], condition=Q(doses_left__gt=0), name="open_vial_over"),
        ]


class Kind(models.TextChoices):
    """Why stock moved."""

    RECEIVE = "receive", "入库"
    OPEN = "open", "开启"
    GIVE = "give", "接种"
    WASTE = "waste", "报损"
    DISCARD = "discard", "开启超时废弃"
    COUNT = "count", "盘点调整"


class Movement(models.Model):
    """One change of stock: ``vials`` of unopened ones, ``doses`` of what is left in ``vial``. Never edited."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+", db_index=False)
    vial = models.ForeignKey(OpenVial, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    vials = models.IntegerField(default=0)
    doses = models.SmallIntegerField(default=0)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    dose_id = models.BigIntegerField("接种记录", null=True)
    key = models.CharField(max_length=64, null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "vaccination"
        constraints = [models.UniqueConstraint(fields=["stock", "key"], name="movement_once")]
        indexes = [models.Index(fields=["stock", "at"], name="movement_of_stock")]
