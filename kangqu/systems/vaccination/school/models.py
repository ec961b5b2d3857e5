"""Classes of a school, who is in them, and the lists they were taken from."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.people.models import OfPerson
from kangqu.kernel.places.models import Institution


class SchoolClass(models.Model):
    """A class of a school in the school year that began in ``year``."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    school = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField("学年（开始的年份）")
    grade = models.PositiveSmallIntegerField("年级")
    name = models.CharField("班级", max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "year", "grade", "name"], name="school_class_once"),
            models.CheckConstraint(condition=models.Q(grade__gte=1, grade__lte=12), name="school_grades"),
        ]


class Pupil(OfPerson):
    """A child in a class, since and until."""

    school_class = models.ForeignKey(SchoolClass, on_delete=models.PROTECT, related_name="pupils", db_index=False)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(until__isnull=True), name="in_one_class_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["school_class", "until"], name="pupil_of_class")]


class ClassList(models.Model):
    """A list as it was taken: how many rows came to what, and the rows refused (line, name, class, code of the reason)."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    school = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    file_name = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField()
    counts = models.JSONField(default=dict)
    refused = models.JSONField(default=list)
    taken_at = models.DateTimeField()
    taken_by = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["school", "-taken_at"], name="class_list_of_school")]
