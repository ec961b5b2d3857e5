"""What the one code keeps: the keys it is signed with, the cards it speaks for, where codes were used, what desks scanned."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.people.codes.signing import Algorithm, Use
from kangqu.kernel.trace.partitions import KEYED_BY, STREAM_TABLES, Span

STREAM_TABLES["people_code_use"] = Span.DAY
KEYED_BY["people_code_use"] = "issued_at"  # of a paper card it may be years ago: such rows stay in the rest


class CodeKey(models.Model):
    """A key that signs codes. The private half is sealed under the city's secret; the public half is published."""

    number = models.PositiveSmallIntegerField("密钥编号", primary_key=True)
    use = models.CharField(max_length=8, choices=[(use.value, use.value) for use in Use])
    algorithm = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Algorithm])
    public = models.BinaryField(max_length=65)
    sealed = models.BinaryField()
    signs_from = models.DateTimeField()
    signs_until = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.BigIntegerField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(number__gte=1, number__lte=255), name="code_key_fits_a_byte"),
            models.CheckConstraint(
                condition=models.Q(signs_until__gt=models.F("signs_from")), name="code_key_has_an_end"
            ),
        ]


class CardKind(models.TextChoices):
    DYNAMIC = "dynamic", "动态码"
    PAPER = "paper", "纸质卡"


class Card(models.Model):
    """A card of a resident, found by its handle: six bytes of chance that mean nothing outside this table.

    One card of a kind is in use at a time; a new one revokes the old. Like the other directories it is keyed by what is
    looked up and answers with the person. ``formal`` is false while the holder has no document recorded.
    """

    handle = models.BigIntegerField(primary_key=True)
    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=CardKind)
    formal = models.BooleanField("正式卡", default=True)
    issued_at = models.DateTimeField()
    issued_by = models.BigIntegerField(null=True)
    key_number = models.PositiveSmallIntegerField(null=True)  # of a paper card: what its printed code is signed with
    suspended_at = models.DateTimeField(null=True)
    suspended_why = models.CharField(max_length=200, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "kind"], condition=models.Q(revoked_at=None), name="one_card_of_a_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(handle__gte=0, handle__lt=1 << 48), name="card_handle_is_six_bytes"
            ),
        ]
        indexes = [
            models.Index(fields=["person_id"], name="card_person"),
            models.Index(
                fields=["revoked_at"], condition=models.Q(revoked_at__isnull=False, kind="paper"), name="card_revoked"
            ),
            models.Index(
                fields=["suspended_at"], condition=models.Q(suspended_at__isnull=False), name="card_suspended"
            ),
        ]


class CodeUse(models.Model):
    """Where one code (a card's handle and issue time) was last used and where before: a partition a day of issue.

    One row decides whether a code was just shown somewhere else; the row's lock makes two desks at once take turns.
    """

    issued_at = models.DateTimeField()
    handle = models.BigIntegerField()
    pk = models.CompositePrimaryKey("issued_at", "handle")
    place_id = models.BigIntegerField()
    institution_id = models.BigIntegerField()
    at = models.DateTimeField()
    uses = models.PositiveIntegerField(default=1)
    previous_place_id = models.BigIntegerField(null=True)
    previous_institution_id = models.BigIntegerField(null=True)
    previous_at = models.DateTimeField(null=True)
    spent_at = models.DateTimeField(null=True)  # something was handed over for it: never again

    class Meta:
        db_table = "people_code_use"


class CodeScan(models.Model):
    """The first answer to a scan, by who sent it and the key it was sent under: the same key is answered the same."""

    scanner_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    pk = models.CompositePrimaryKey("scanner_id", "key")
    content = models.BinaryField(max_length=16)  # of the code and the time sent: a key stands for one scan only
    scanned_at = models.DateTimeField()
    received_at = models.DateTimeField()
    institution_id = models.BigIntegerField(null=True)
    place_id = models.BigIntegerField(null=True)
    word = models.CharField(max_length=12)
    flags = models.CharField(max_length=60, blank=True)
    person_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "people_code_scan"
        indexes = [models.Index(fields=["received_at"], name="code_scan_received")]
