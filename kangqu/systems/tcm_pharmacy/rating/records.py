"""A patient's rating of a prescription that was handed over."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.cases.models import Case
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution


class Rating(models.Model):
    """One to five stars, reasons by their codes, a sentence. ``complaint`` is the case it was made into, if it was.

    ``prescriber_id`` is the doctor's account, if ours; ``by_id`` who gave it last: the patient, or who stands for her.
    """

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    pharmacy = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    prescriber_id = models.BigIntegerField(null=True)
    stars = models.SmallIntegerField()
    reasons = models.JSONField(default=list)
    sentence = models.CharField(max_length=200, blank=True)
    rated_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    complaint = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        app_label = "tcm_pharmacy"
        constraints = [models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="rating_stars")]
        indexes = [models.Index(fields=["pharmacy", "rated_at", "id"], name="rating_of_pharmacy")]
