"""The outbox: every message to the outside is written here in the transaction of the fact that caused it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId


class Channel(models.TextChoices):
    SMS = "sms", _("短信")
    IN_APP = "in_app", _("站内信")
    CALL_LIST = "call_list", _("电话名单")


class NoticeState(models.TextChoices):
    WAITING = "waiting", _("待发")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已发出")
    DELIVERED = "delivered", _("已送达")
    FAILED = "failed", _("失败待重试")
    PARKED = "parked", _("已搁置")
    CANCELLED = "cancelled", _("已取消")


class Notice(models.Model):
    """One message to one receiver. ``key`` is its cause: the same cause writes it once."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    key = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=10, choices=Channel)
    person_id = models.BigIntegerField(null=True)
    to_sealed = models.BinaryField(null=True)
    to_shown = models.CharField(max_length=60, blank=True)
    template = models.CharField(max_length=60)
    language = models.CharField(max_length=8, default="zh-hans")
    values_sealed = models.BinaryField(null=True)  # erased once a secret text is sent
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=NoticeState, default=NoticeState.WAITING)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    gateway_id = models.CharField(max_length=80, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    receipt_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    # For a call list: which institution calls, who called and what came of it.
    institution_id = models.BigIntegerField(null=True)
    handled_by = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], name="notice_due", condition=models.Q(state__in=["waiting", "failed", "sending"])
            ),
            models.Index(fields=["person_id", "-written_at"], name="notice_person"),
            models.Index(
                fields=["institution_id", "due_at"],
                name="notice_call_list",
                condition=models.Q(channel="call_list", state="waiting"),
            ),
            models.Index(fields=["gateway_id"], name="notice_gateway", condition=~models.Q(gateway_id="")),
        ]
