"""Doses (FHIR Immunization), and what is known of a person that the schedules ask for.

A city of five million holds some eight million doses: rows are narrow, and of the indexes each serves one question.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kangqu.kernel.people.models import OfPerson
from kangqu.kernel.places.models import Institution
from kangqu.systems.vaccination.stock.models import VaccineLot


class Source(models.TextChoices):
    """Where a record of a dose comes from."""

    HERE = "here", "本机构接种"
    ELSEWHERE = "elsewhere", "补录既往接种"


class State(models.TextChoices):
    """FHIR Immunization.status."""

    COMPLETED = "completed", "已接种"
    ENTERED_IN_ERROR = "entered_in_error", "录入错误"


class Dose(OfPerson):
    """A dose that was given. ``programme`` … ``schedule`` are what the forecaster makes of it in the whole history.

    They are written by ``records.counting`` alone, for all doses of the person whenever one is added or struck out.
    ``also`` holds the further series of a combined vaccine: [[programme, series, number, status], …]. ``institution`` gave
    the dose, or wrote it down; ``elsewhere`` is where it was given then. ``nth`` tells apart two doses that the label of a
    vaccine wants on one day. ``key`` and ``content`` are digests of the sender's key and of what was sent under it.
    """

    code = models.CharField("公开编码（D…）", max_length=16, unique=True)
    vaccine = models.CharField("疫苗", max_length=20)
    maker = models.CharField("生产企业", max_length=60, blank=True)
    lot_number = models.CharField("批号", max_length=40, blank=True)
    lot = models.ForeignKey(VaccineLot, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    given_at = models.DateTimeField("接种时间")
    day = models.DateField("接种日期（本市）")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    elsewhere = models.CharField("外地接种单位", max_length=60, blank=True)
    source = models.CharField(max_length=9, choices=Source)
    vaccinator_id = models.BigIntegerField("接种人员", null=True)
    site = models.CharField("接种部位", max_length=12, blank=True)
    route = models.CharField("接种途径", max_length=12, blank=True)
    nth = models.SmallIntegerField(default=1)
    status = models.CharField(max_length=16, choices=State, default=State.COMPLETED)
    programme = models.CharField("程序", max_length=20, blank=True)
    series = models.CharField("系列", max_length=12, blank=True)
    dose_number = models.SmallIntegerField("剂次", null=True)
    dose_status = models.CharField("是否有效", max_length=13, blank=True)
    schedule = models.CharField("程序版本", max_length=20, blank=True)
    also = models.JSONField(null=True)
    booking_id = models.BigIntegerField("预约", null=True)
    override = models.JSONField("医生决定", null=True)
    key = models.BinaryField(max_length=16)
    content = models.BinaryField(max_length=8)
    recorded_at = models.DateTimeField()
    struck_at = models.DateTimeField(null=True)
    struck_by = models.BigIntegerField(null=True)
    struck_why = models.CharField("撤销原因", max_length=200, blank=True)

    class Meta:
        app_label = "vaccination"
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="dose_key_once"),
            models.UniqueConstraint(
                fields=["person", "vaccine", "day", "nth"], condition=Q(status="completed"), name="dose_once_a_day"
            ),
            models.CheckConstraint(condition=Q(nth__gte=1, nth__lte=2), name="dose_nth"),
            models.CheckConstraint(
                condition=Q(status="completed", struck_at=None)
                | (Q(status="entered_in_error", struck_at__isnull=False) & ~Q(struck_why="")),
                name="dose_struck_says_why",
            ),
            models.CheckConstraint(
                condition=Q(source="elsewhere") | Q(source="here", lot__isnull=False), name="dose_given_here_has_a_lot"
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "day"], name="dose_by_institution"),
            models.Index(fields=["lot", "day"], condition=Q(lot__isnull=False), name="dose_by_lot"),
        ]


class Known(OfPerson):
    """What is known of a person that the schedules ask for and that lasts (``forecast.Person``): one row a person."""

    facts = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.BigIntegerField(null=True)

    class Meta:
        app_label = "vaccination"
        constraints = [models.UniqueConstraint(fields=["person"], name="known_once_of_a_person")]
