"""Who acts: the part of a viewer that every verb needs and every trace row keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kangqu.kernel.trace.entries import Entry, Result, Stream


@dataclass(frozen=True, slots=True)
class Actor:
    """An account acting in one role at one institution, from one place, for one purpose."""

    account_id: int | None
    role: str = ""
    institution_id: int | None = None
    purpose: str = ""
    ip: str | None = None
    device: str = ""
    request_id: str = ""

    def did(
        self,
        action: str,
        *,
        at: datetime,
        person_id: int | None = None,
        object_type: str = "",
        object_id: int | None = None,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
        result: Result = Result.DONE,
        stream: Stream = Stream.STEP,
    ) -> Entry:
        """The trace entry that says this actor did ``action``."""
        return Entry(
            stream=stream,
            action=action,
            result=result,
            at=at,
            actor_id=self.account_id,
            actor_role=self.role,
            institution_id=self.institution_id,
            person_id=person_id,
            object_type=object_type,
            object_id=object_id,
            purpose=self.purpose,
            reason=reason,
            ip=self.ip,
            device=self.device,
            request_id=self.request_id,
            facts=facts or {},
        )


def the_house(role: str = "house") -> Actor:
    """The platform itself acting: a command of its operator, a clock, a queue."""
    return Actor(account_id=None, role=role)
