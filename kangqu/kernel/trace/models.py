"""The trace: append-only facts. Rows are added, never changed; each carries a keyed digest, and blocks of rows are
chained per stream and day, so that an edit, a removal or an addition behind the city's back is found and located.

The tables grow with time and are partitioned by it: the migration makes them in SQL.
"""

from __future__ import annotations

from typing import Any

from django.db import models


class StoredJson(models.JSONField):
    """A ``json`` column (not ``jsonb``): the text is kept to the letter, because the row's digest covers it."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if not isinstance(value, str) else super().from_db_value(value, expression, connection)

    def deconstruct(self) -> Any:
        name, _, arguments, keywords = super().deconstruct()
        return name, "django.db.models.JSONField", arguments, keywords


class TraceEntry(models.Model):
    """Who did or saw what. Columns follow the audit record of ``domain/security.md`` §1.2."""

    id = models.BigIntegerField()
    at = models.DateTimeField()
    pk = models.CompositePrimaryKey("at", "id")
    # The place of the row in commit order: rows below the oldest running transaction are final and can be sealed.
    position = models.BigIntegerField()
    stream = models.CharField(max_length=12)
    action = models.CharField(max_length=60)
    result = models.CharField(max_length=20)
    actor_id = models.BigIntegerField(null=True)
    actor_role = models.CharField(max_length=40)
    institution_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    object_type = models.CharField(max_length=30)
    object_id = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=30)
    reason = models.CharField(max_length=200)
    ip = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=60)
    request_id = models.CharField(max_length=32)
    facts = StoredJson()
    before_hash = models.BinaryField(null=True)
    after_hash = models.BinaryField(null=True)
    mac = models.BinaryField(max_length=32)

    class Meta:
        db_table = "trace_entry"


class Seal(models.Model):
    """A block of the chain: the rows of ``stream`` with positions in [``from_position``, ``to_position``)."""

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=20)
    day = models.DateField()
    from_position = models.BigIntegerField()
    to_position = models.BigIntegerField()
    count = models.BigIntegerField()
    rows_digest = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "from_position"], name="seal_once")]
        indexes = [models.Index(fields=["stream", "day"], name="seal_day")]


class _Presence(models.Model):
    """Somebody at a place. Columns are those of ``presences.Presence``; the migration makes the tables in SQL."""

    id = models.BigIntegerField()
    at = models.DateTimeField()
    person_id = models.BigIntegerField()
    institution_id = models.BigIntegerField()
    station_id = models.BigIntegerField(null=True)
    device_id = models.BigIntegerField()
    means = models.CharField(max_length=8)
    temperature = models.SmallIntegerField(null=True)
    flag = models.CharField(max_length=10)
    received_at = models.DateTimeField()
    position = models.BigIntegerField()
    mac = models.BinaryField(max_length=32)

    class Meta:
        abstract = True


class PresenceByPerson(_Presence):
    """Where a person was: keyed by person and time."""

    pk = models.CompositePrimaryKey("person_id", "at", "id")

    class Meta:
        db_table = "presence_by_person"


class PresenceByPlace(_Presence):
    """Who was at a place: keyed by institution and time."""

    pk = models.CompositePrimaryKey("institution_id", "at", "id")

    class Meta:
        db_table = "presence_by_place"


class PresenceKey(models.Model):
    """The keys devices sent presences under in the last days, each with a number for what was sent under it."""

    id = models.BigIntegerField(primary_key=True)
    content = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "presence_key"
