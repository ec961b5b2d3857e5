"""An appeal against a miss, and what the hospital decided."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.people.models import OfPerson
from kangqu.kernel.places.models import Institution


class Appeal(OfPerson):
    """Why somebody did not come, in her own words; ``accepted``: the miss no longer counts."""

    booking_id = models.BigIntegerField()
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    text = models.CharField("申诉理由", max_length=500)
    made_by = models.BigIntegerField("经办账号", null=True)
    made_at = models.DateTimeField()
    accepted = models.BooleanField(null=True)
    answer = models.CharField("答复", max_length=200, blank=True)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "appointments"
        constraints = [models.UniqueConstraint(fields=["person", "booking_id"], name="appealed_once")]
        indexes = [
            models.Index(fields=["institution", "made_at"], name="appeal_to_decide", condition=models.Q(accepted=None))
        ]
