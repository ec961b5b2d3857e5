"""An episode of care in a department and who is responsible for it; handing it over."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.people.models import OfPerson
from kangqu.kernel.places.models import Department, Institution


class Episode(OfPerson):
    """From the first consultation until the responsible doctor ends it. ``doctor_id`` is responsible now, never nobody.

    ``level``: the first clinic's. ``tests_pending``: tests ordered could not be done or reported the same day.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    day = models.DateField()
    level = models.CharField(max_length=12)
    emergency = models.BooleanField("急诊", default=False)
    first_visit_id = models.BigIntegerField()
    first_doctor_id = models.BigIntegerField("首诊医生账号")
    doctor_id = models.BigIntegerField("负责医生账号", db_index=True)
    tests_pending = models.BooleanField("有当天做不完的检查", default=False)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)

    class Meta:
        app_label = "appointments"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "institution", "department"],
                condition=models.Q(ended_at=None),
                name="one_open_episode",
            )
        ]


class HandOver(OfPerson):
    """An episode offered to a doctor, or to a department (``doctor_id`` None). Until it is accepted nothing changes hands."""

    episode_id = models.BigIntegerField()
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    from_doctor_id = models.BigIntegerField()
    doctor_id = models.BigIntegerField("接诊医生账号", null=True, db_index=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField("原因", max_length=200)
    offered_at = models.DateTimeField()
    accepted = models.BooleanField(null=True)
    answer = models.CharField("答复", max_length=200, blank=True)
    answered_by = models.BigIntegerField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "appointments"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "episode_id"], condition=models.Q(answered_at=None), name="one_open_hand_over"
            )
        ]
