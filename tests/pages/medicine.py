"""A prescription of the small city that went the whole way and was rated, with a promise that was moved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kangqu.kernel.access.models import Account
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy.models import Promise, PromiseMove
from kangqu.systems.tcm_pharmacy.rating.actions import rate

HERBS = [("黄芪", 15, ["FIRST"]), ("当归", 10, []), ("薄荷", 6, ["LATE"])]
WAY: tuple[tuple[int, str, str, dict[str, Any]], ...] = (
    (0, "approve", "pharmacist", {}), (5, "dispense", "dispenser", {}), (9, "check", "pharmacist", {}),
    (10, "soak", "decoction_worker", {}), (42, "boil", "decoction_worker", {"pot": "1号机"}),
    (68, "add_rest", "decoction_worker", {}), (79, "add_late", "decoction_worker", {}),
    (89, "boil_again", "decoction_worker", {}), (104, "draw_off", "decoction_worker", {}),
    (108, "pack", "dispenser", {"packed": 14}), (109, "release_bags", "pharmacist", {}),
    (130, "hand_out", "dispenser", {"received_by": "proxy"}),
)  # fmt: skip


def medicine_of(world: Any) -> dict[str, str]:
    """Take it down the line, minute by minute, three hours ago; the code of its case."""
    begun = world.now - timedelta(hours=3)
    code = world.prescribe("rx_done", HERBS, begun)
    number = Case.objects.get(code=code).pk
    posts = {role: account + 7_000 for account, role in enumerate(("dispenser", "pharmacist", "decoction_worker"))}
    for minutes, step, role, facts in WAY:
        by = Actor(account_id=posts[role], role=role, institution_id=world.decoction.pk, purpose="care")
        take_step(number, step, by=by, at=begun + timedelta(minutes=minutes), facts=facts, desk=step != "approve")
    promised, moved = begun + timedelta(minutes=90), begun + timedelta(minutes=115)
    promise = Promise.objects.create(
        case_id=number, pharmacy=world.decoction, promised_at=moved, first_promised_at=promised, stages=[], quoted_at=begun
    )  # fmt: skip
    PromiseMove.objects.create(
        promise=promise,
        promised_before=promised,
        promised_at=moved,
        reason="2 号机停电",
        at=begun + timedelta(minutes=60),
    )
    case = snapshot(number)
    assert case is not None
    her = Account.objects.get(person=world.daughter)
    by = Actor(account_id=her.pk, role="resident", purpose="self")
    rate(case, stars=2, reasons=["late", "leaks"], sentence="有一袋漏了", by=by, at=world.now)
    return {"rx_done": code}
