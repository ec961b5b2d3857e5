"""What was certified to whom, and the keys it is signed with."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.people.models import OfPerson


class CertificateKey(models.Model):
    """A key that signs certificates. The private half is sealed under the city's secret; the public half is published."""

    kid = models.CharField("密钥指纹", primary_key=True, max_length=43)
    public = models.JSONField()
    sealed = models.BinaryField()
    signs_from = models.DateTimeField()
    signs_until = models.DateTimeField()
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(max_length=200, blank=True)
    list_version = models.PositiveIntegerField("撤销名单版本", default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(signs_until__gt=models.F("signs_from")), name="certificate_key_has_an_end"
            )
        ]


class Certificate(OfPerson):
    """A certificate of a recorded fact (``object_type``, ``object_id``). ``card`` is what was signed, sealed."""

    code = models.CharField("公开编码（Z…）", max_length=16)
    kind = models.CharField(max_length=20)
    object_type = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    key = models.ForeignKey(CertificateKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    rid = models.CharField("撤销号", max_length=24)
    card = models.BinaryField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "object_id"],
                condition=models.Q(revoked_at__isnull=True),
                name="one_certificate_of_a_fact",
            )
        ]
        indexes = [
            models.Index(fields=["code"], name="certificate_code"),
            models.Index(
                fields=["key", "rid"], name="certificate_revoked", condition=models.Q(revoked_at__isnull=False)
            ),
        ]
