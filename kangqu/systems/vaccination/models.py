"""What was given to whom and what it counts as; vials and where they are; who is being observed.

Names are FHIR's (Immunization and its status). ``docs/algorithms/vaccination-records.md`` says what holds among these tables.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.people.models import OfPerson
from kangqu.kernel.places.models import Institution
from kangqu.systems.vaccination.cold_chain.models import Excursion, Fridge, Held, Reading
from kangqu.systems.vaccination.coverage.models import CoverageTarget
from kangqu.systems.vaccination.school.models import ClassList, Pupil, SchoolClass

__all__ = [
    "ClassList",
    "Counted",
    "CoverageTarget",
    "Dose",
    "DoseSource",
    "DoseStatus",
    "Excursion",
    "Fridge",
    "Held",
    "LotState",
    "MoveKind",
    "Observation",
    "ObservationEnd",
    "OpenVial",
    "PreCheck",
    "Pupil",
    "Reading",
    "SchoolClass",
    "StockMove",
    "VaccinationFile",
    "VaccineLot",
    "VialStock",
]


class LotState(models.TextChoices):
    OK = "ok", _("可用")
    HELD = "held", _("暂停使用")
    RECALLED = "recalled", _("召回")


class VaccineLot(models.Model):
    """A batch of a maker's product. ``doses_per_vial``: 1 for what is opened and given at once."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    vaccine = models.CharField("疫苗", max_length=20)
    maker = models.CharField("生产企业", max_length=60)
    number = models.CharField("批号", max_length=30)
    expires_on = models.DateField("有效期至")
    doses_per_vial = models.PositiveSmallIntegerField("每支剂数", default=1)
    state = models.CharField(max_length=8, choices=LotState, default=LotState.OK)
    state_why = models.CharField(max_length=200, blank=True)
    state_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "vaccine", "maker"], name="vaccine_lot_once"),
            models.CheckConstraint(
                condition=models.Q(state="ok") | ~models.Q(state_why=""), name="vaccine_lot_says_why"
            ),
            models.CheckConstraint(
                condition=models.Q(doses_per_vial__gte=1, doses_per_vial__lte=50), name="vaccine_lot_doses"
            ),
        ]


class VialStock(models.Model):
    """Closed vials of a lot in a fridge of an institution."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(VaccineLot, on_delete=models.PROTECT, related_name="+")
    fridge = models.CharField("冰箱", max_length=20, blank=True)
    vials = models.IntegerField("支数", default=0)
    holds = models.PositiveSmallIntegerField("冷链异常数", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "lot", "fridge"], name="vial_stock_once"),
            models.CheckConstraint(condition=models.Q(vials__gte=0), name="vials_are_there"),
        ]


class OpenVial(models.Model):
    """A vial of several doses that was opened; what is left is thrown away at ``discard_at``."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(VaccineLot, on_delete=models.PROTECT, related_name="+", db_index=False)
    fridge = models.CharField("冰箱", max_length=20, blank=True)
    doses_left = models.IntegerField("剩余剂数")
    opened_at = models.DateTimeField()
    discard_at = models.DateTimeField()
    holds = models.PositiveSmallIntegerField("冷链异常数", default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(doses_left__gte=0), name="open_vial_is_not_below_empty")
        ]
        indexes = [
            models.Index(
                fields=["institution", "lot"], name="open_vial_with_doses", condition=models.Q(doses_left__gt=0)
            )
        ]


class MoveKind(models.TextChoices):
    RECEIVED = "received", _("入库")
    OPENED = "opened", _("开启")
    GIVEN = "given", _("接种")
    WASTED = "wasted", _("损耗")
    COUNTED = "counted", _("盘点")
    MOVED = "moved", _("移库")


class StockMove(models.Model):
    """One movement of stock: closed vials and loose doses, plus or minus. The balances are sums of these."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(VaccineLot, on_delete=models.PROTECT, related_name="+", db_index=False)
    fridge = models.CharField("冰箱", max_length=20, blank=True)
    kind = models.CharField(max_length=8, choices=MoveKind)
    to_fridge = models.CharField("移往", max_length=20, blank=True)
    vials = models.IntegerField("支数", default=0)
    doses = models.IntegerField("散剂", default=0)
    dose_id = models.BigIntegerField(null=True)
    why = models.CharField(max_length=200, blank=True)
    key = models.CharField("请求编号", max_length=80, null=True)
    by = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="stock_moved_once")]
        indexes = [models.Index(fields=["institution", "lot", "at"], name="stock_move_of_lot")]


class DoseStatus(models.TextChoices):
    """FHIR ImmunizationStatus."""

    COMPLETED = "completed", _("已接种")
    ENTERED_IN_ERROR = "entered-in-error", _("录入有误")


class DoseSource(models.TextChoices):
    GIVEN = "given", _("本单位接种")
    BROUGHT = "brought", _("补录")


class Dose(OfPerson):
    """A dose that was given (FHIR Immunization). What it counts as stands in ``Counted``."""

    code = models.CharField("公开编码（V…）", max_length=16)
    key = models.CharField("请求编号", max_length=80)
    vaccine = models.CharField("疫苗", max_length=20)
    maker = models.CharField("生产企业", max_length=60, blank=True)
    lot_number = models.CharField("批号", max_length=30, blank=True)
    lot = models.ForeignKey(VaccineLot, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    given_on = models.DateField("接种日期")
    given_at = models.DateTimeField(null=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    place = models.CharField("外地接种单位", max_length=60, blank=True)
    vaccinator_id = models.BigIntegerField("接种人", null=True)
    site = models.CharField("接种部位", max_length=4, blank=True)
    source = models.CharField(max_length=8, choices=DoseSource)
    status = models.CharField(max_length=16, choices=DoseStatus, default=DoseStatus.COMPLETED)
    status_why = models.CharField(max_length=200, blank=True)
    decided = models.CharField("医生决定的理由", max_length=200, blank=True)
    booking_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="dose_recorded_once"),
            models.CheckConstraint(
                condition=models.Q(source="brought") | models.Q(lot__isnull=False, institution__isnull=False),
                name="a_dose_given_here_has_a_lot",
            ),
            models.CheckConstraint(
                condition=models.Q(status="completed") | ~models.Q(status_why=""), name="a_dose_struck_out_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["code"], name="dose_code"),
            models.Index(
                fields=["institution", "given_on"], name="dose_of_institution", condition=models.Q(source="given")
            ),
            models.Index(fields=["lot"], name="dose_of_lot", condition=models.Q(lot__isnull=False)),
        ]


class Counted(OfPerson):
    """What a dose counts as in one series, by the version of the schedule it was judged by. ``number``: none if it does not count.

    ``completes``: with this dose the full course of the series was completed; ``boosts``: it was given after that.
    """

    dose_id = models.BigIntegerField()
    programme = models.CharField(max_length=20)
    series = models.CharField(max_length=20)
    number = models.PositiveSmallIntegerField(null=True)
    validity = models.CharField(max_length=14)
    version = models.CharField(max_length=40)
    given_on = models.DateField()
    late = models.BooleanField("晚于推荐时间", default=False)
    completes = models.BooleanField("完成全程", default=False, db_default=False)
    boosts = models.BooleanField("加强", default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["series", "programme", "given_on"], include=["person"], name="counted_completes",
                condition=models.Q(completes=True),
            ),
            models.Index(
                fields=["series", "programme", "given_on"], include=["person"], name="counted_boosts",
                condition=models.Q(boosts=True),
            ),
            models.Index(
                fields=["series", "programme", "number", "given_on"], include=["person"], name="counted_of_series",
                condition=models.Q(number__isnull=False),
            )
        ]  # fmt: skip


class VaccinationFile(OfPerson):
    """What is known of a person that schedules ask for (``forecast.Person``), once."""

    facts = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person"], name="one_vaccination_file_each")]


class PreCheck(OfPerson):
    """The questions before a dose and what came of them: passed, or what stops it."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    answers = models.JSONField()
    stops = models.JSONField(default=list)
    asked_at = models.DateTimeField()
    asked_by = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["institution", "day"], name="pre_check_of_day")]


class ObservationEnd(models.TextChoices):
    RELEASED = "released", _("留观结束")
    LEFT = "left", _("自行离开")
    ADVERSE = "adverse", _("出现反应")


class Observation(OfPerson):
    """Watching somebody after a dose, until ``until`` at least. A further dose meanwhile moves ``until``."""

    dose_id = models.BigIntegerField("最近一剂")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=8, choices=ObservationEnd, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)
    ended_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "institution"],
                condition=models.Q(ended_at__isnull=True),
                name="observed_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(ended_how="left") | ~models.Q(ended_why=""), name="who_left_says_why"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_how="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_how="")),
                name="an_observation_ends_somehow",
            ),
        ]
        indexes = [
            models.Index(
                fields=["institution", "until"], name="being_observed", condition=models.Q(ended_at__isnull=True)
            )
        ]
