"""The figures of days that are over, kept so that a range need not be counted again. Made from the trace alone."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.places.models import Institution


class DaySum(models.Model):
    """``figures`` (``Figures.as_data``) of one pharmacy on one day of the city. Rebuilt whole, never added to."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    pharmacy = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    figures = models.JSONField()

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [models.UniqueConstraint(fields=["pharmacy", "day"], name="day_sum_once")]
        indexes = [models.Index(fields=["day"], name="day_sum_day")]


class DayCounted(models.Model):
    """A day whose figures are kept, also where nothing happened on it."""

    day = models.DateField(primary_key=True)
    counted_at = models.DateTimeField()

    class Meta:
        app_label = "tcm_pharmacy"
