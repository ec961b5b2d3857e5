"""What the house remembers about itself."""

from __future__ import annotations

from django.db import models


class HouseFact(models.Model):
    """One fact that belongs to this database: which city it is, which keys opened it first, when it was restored."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.CharField(max_length=200)

    class Meta:
        db_table = "house_fact"

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
