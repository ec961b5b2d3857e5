"""Workers that are killed while they book everybody of a stopped session again, or draw."""

from __future__ import annotations

import sys
from datetime import datetime

import django

if __name__ == "__main__":
    django.setup()

from kangqu.kernel.capacity.models import Release, Session
from kangqu.kernel.capacity.releases import hold_draw
from kangqu.kernel.capacity.stopping import rebook
from kangqu.kernel.trace.actor import the_house

WHEN = datetime.fromisoformat("2026-11-30T16:00+08:00")


def rebook_all() -> tuple[int, int]:
    return rebook(Session.objects.get(state="stopped").pk, by=the_house(), at=WHEN)


def draw() -> int:
    return hold_draw(Release.objects.get().pk, at=WHEN).given


if __name__ == "__main__":
    from tests.mortal import bear

    bear({"rebook": rebook_all, "draw": draw})
    sys.exit(0)
