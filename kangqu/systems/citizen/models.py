"""A family account that waits for the other side to say yes."""

from __future__ import annotations

from django.db import models

from kangqu.kernel.people.models import OfPerson


class Offer(OfPerson):
    """``agent`` is to act for ``person``; one of the two asked, the other answers. Nothing is granted until then."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "同意"
        DECLINED = "declined", "不同意"
        WITHDRAWN = "withdrawn", "撤回"

    agent_id = models.BigIntegerField("代办人")
    asked_by_agent = models.BooleanField("由代办人提出")
    relation = models.CharField("关系", max_length=10)
    rights = models.JSONField("授权事项")  # list of access.Right values, granted as a whole
    until = models.DateField("授权到期日")
    asked_at = models.DateTimeField()
    asked_by = models.BigIntegerField("提出账号", null=True)
    ends_at = models.DateTimeField("请求失效")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)

    class Meta:
        indexes = [models.Index(fields=["agent_id"], name="offer_agent", condition=models.Q(answered_at=None))]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "agent_id"], condition=models.Q(answered_at=None), name="one_open_offer"
            ),
            models.CheckConstraint(condition=~models.Q(agent_id=models.F("person_id")), name="offer_is_to_another"),
        ]
