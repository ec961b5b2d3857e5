"""Target numbers from outside: a census, a school roll. Never edited; a later day's number takes its place."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.places.models import Institution, Region


class CoverageTarget(models.Model):
    """How many persons of an age band of a region should have a series, as ``source`` says, from ``day`` on."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", db_index=False)
    programme = models.CharField(max_length=20)
    series = models.CharField(max_length=20)
    from_age = models.PositiveSmallIntegerField("年龄从")
    to_age = models.PositiveSmallIntegerField("年龄到")
    persons = models.PositiveIntegerField("目标人数")
    day = models.DateField("数据日期")
    source = models.CharField("来源", max_length=200)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField("请求编号", max_length=80)
    by = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "key"], name="coverage_target_once"),
            models.CheckConstraint(condition=~models.Q(source=""), name="coverage_target_says_source"),
            models.CheckConstraint(
                condition=models.Q(persons__gte=1, from_age__lte=models.F("to_age")), name="coverage_target_band"
            ),
        ]
        indexes = [
            models.Index(
                fields=["region", "programme", "series", "from_age", "to_age", "day"], name="coverage_target_of"
            )
        ]
