"""Versions of policies that a city adopts, the edition they are read by, and trials of them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId


class VersionState(models.TextChoices):
    PROPOSED = "proposed", _("待批准")
    ADOPTED = "adopted", _("已批准")
    REFUSED = "refused", _("未批准")
    WITHDRAWN = "withdrawn", _("已撤回")


LIVE = (VersionState.PROPOSED, VersionState.ADOPTED)


class PolicyVersion(models.Model):
    """A value of a policy from a day on. Written by the verbs of this package; what it says is never edited."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    policy = models.CharField(max_length=80)
    value = models.JSONField()
    starts = models.DateField()
    document = models.CharField(max_length=200)
    number = models.CharField(max_length=60, blank=True)
    clause = models.CharField(max_length=60, blank=True)
    mark = models.CharField(max_length=1)
    note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.PROPOSED)
    proposed_by = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    withdrawn_by = models.BigIntegerField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "starts"], condition=Q(state__in=["proposed", "adopted"]), name="policy_day_once"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")), name="policy_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state="adopted") | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="policy_adopted_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["policy", "starts"], name="policy_versions")]


class Edition(models.Model):
    """One row: how often the versions in force, now or later, have changed."""

    single = models.BooleanField(primary_key=True, default=True)
    number = models.BigIntegerField(default=0)

    class Meta:
        db_table = "policies_edition"
        constraints = [models.CheckConstraint(condition=Q(single=True), name="policy_edition_single")]


class TrialState(models.TextChoices):
    WAITING = "waiting", _("等待开始")
    RUNNING = "running", _("正在试算")
    DONE = "done", _("已完成")
    STOPPED = "stopped", _("已停止")


class PolicyTrial(models.Model):
    """A proposed value held against past cases. ``place`` is how far it came, ``found`` what it counted so far."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    policy = models.CharField(max_length=80)
    value = models.JSONField()
    since = models.DateField()
    until = models.DateField()
    paths = models.JSONField()
    asked_by = models.BigIntegerField()
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=TrialState, default=TrialState.WAITING)
    batches = models.IntegerField(default=0)
    place = models.JSONField(default=list)
    found = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["policy", "-asked_at"], name="policy_trials"),
            models.Index(
                fields=["changed_at"], condition=Q(state__in=["waiting", "running"]), name="policy_trials_open"
            ),
        ]
