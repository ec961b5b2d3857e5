"""What the system is, who may use it, and for what."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

CODE: Final = "venue_check"
TITLE: Final = "场所查验"
TITLE_EN: Final = "Venue check-in"

RECORD = operation(
    "presences.record",
    "记录到访",
    "Record presences",
    roles={Role.DEVICE},
    reach=Reach.INSTITUTION,
    purpose=Purpose.ENTRY,
    scope="presences.write",
)
OF_PERSON = operation(
    "presences.of_person",
    "居民到访记录",
    "Where a resident was",
    roles={Role.CDC_OFFICER},
    reach=Reach.SERVED,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="presences.read",
)
OF_PLACE = operation(
    "presences.of_place",
    "场所到访记录",
    "Who was at a place",
    roles={Role.CDC_OFFICER},
    reach=Reach.SUBTREE,
    purpose=Purpose.PUBLIC_HEALTH,
    scope="presences.read",
)
