"""Cases of the small city: lamps and visits, late and new, with a picture, an event that was parked."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from PIL import Image

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.deadlines import act_on_deadlines
from kangqu.kernel.cases.documents import add_document
from kangqu.kernel.cases.models import Event
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.actor import Actor
from tests.access import cast
from tests.cases import programmes as programmes
from tests.casework import programmes as visits

HOUR = timedelta(hours=1)


def cases_of(world: Any) -> dict[str, str]:
    """Make the cases; the codes of a visit, of a lamp."""
    assert visits.VISIT
    account = cast.staff("周敏", Role.NURSE, world.clinic, at=world.now)
    by = Actor(account_id=account.pk, role="nurse", institution_id=world.clinic.pk, purpose="care")

    def opened(code: str, key: str, ago: timedelta, **given: Any) -> Snapshot:
        at = world.now - ago
        return open_case(code, key=key, institution_id=world.clinic.pk, by=by, at=at, **given)[0]

    for number, hours in enumerate((4, 1.5, 0.5, 0.2)):
        opened("test_lamp", f"lamp-{number}", hours * HOUR, number="RX-2026" if number < 2 else "")
    lamp = opened("test_lamp", "lamp-10", 3 * HOUR)
    visit = opened(
        "test_visit", "visit-0", 30 * HOUR, person_id=world.daughter.pk, facts={"why": "wound", "wish": "9:00"}
    )
    take_step(visit.id, "plan", by=by, at=world.now - HOUR)
    add_document(visit.id, picture(), title="伤口", by=by, at=world.now)
    opened("test_visit", "visit-1", HOUR, person_id=world.mother.pk, parent_id=visit.id, facts={"why": "old"})
    act_on_deadlines(world.now)
    Event.objects.create(
        name="test.lamp.seen",
        listener="lamps.count",
        case_id=lamp.id,
        seq=2,
        told_at=world.now - HOUR,
        due_at=world.now,
        state="parked",
        attempts=8,
        last_error="OperationalError",
    )
    return {"visit": visit.code, "lamp": lamp.code}


def picture() -> bytes:
    written = io.BytesIO()
    Image.linear_gradient("L").resize((400, 300)).convert("RGB").save(written, "JPEG")
    return written.getvalue()
