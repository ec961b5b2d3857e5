"""What is to be told of a booking, written with its change; and the calendars that follow one's appointments."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId
from kangqu.kernel.people.models import OfPerson


class NewsKind(models.TextChoices):
    BOOKED = "booked", _("已预约")
    WAITING = "waiting", _("已候补")
    PROMOTED = "promoted", _("候补成功")
    MOVED = "moved", _("已改约")
    MOVED_BY_HOSPITAL = "moved_by_hospital", _("停诊改约")
    CANCELLED = "cancelled", _("已取消")
    CANCELLED_BY_HOSPITAL = "cancelled_by_hospital", _("停诊取消")
    IN_VAIN = "in_vain", _("没有等到号")
    REMIND = "remind", _("就诊提醒")
    NO_SHOW = "noshow", _("记爽约")


class News(OfPerson):
    """One thing to tell of one booking. ``key`` makes it once; ``told_at`` says that its messages are written."""

    booking_id = models.BigIntegerField()
    session_id = models.BigIntegerField()
    kind = models.CharField(max_length=24, choices=NewsKind)
    key = models.CharField(max_length=80)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "appointments"
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="appointment_news_once")]
        indexes = [models.Index(fields=["at"], name="appointment_news_to_tell", condition=models.Q(told_at=None))]


class Feed(models.Model):
    """A secret address under which a calendar reads one resident's and her family's appointments. Only the digest is kept."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    account_id = models.BigIntegerField(db_index=True)
    person_id = models.BigIntegerField()
    token_sha256 = models.BinaryField(unique=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "appointments"
        constraints = [
            models.UniqueConstraint(
                fields=["account_id"], condition=models.Q(ended_at=None), name="appointment_feed_of_an_account"
            )
        ]
