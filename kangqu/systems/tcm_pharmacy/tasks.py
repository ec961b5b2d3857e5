"""The queue's side of the pharmacy: telling everybody who has recalled medicine."""

from __future__ import annotations

from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.trace.actor import Actor


def tell_soon(recall_id: int, by: Actor) -> None:
    """Queue the telling of a recall, in the transaction that began it; two of one recall run one after the other."""
    tell_recalled.configure(lock=f"recall {recall_id}").defer(
        recall_id=recall_id,
        account_id=by.account_id,
        role=by.role,
        institution_id=by.institution_id,
        purpose=by.purpose,
    )


@app.task(queue="notices", name="tcm.recall.tell")
def tell_recalled(recall_id: int, account_id: int | None, role: str, institution_id: int | None, purpose: str) -> None:
    """Tell whoever has not been told, in the name of whoever called the lot back."""
    from kangqu.systems.tcm_pharmacy.recall.telling import tell

    by = Actor(account_id, role=role, institution_id=institution_id, purpose=purpose)
    tell(recall_id, by=by, clock=system_clock)
