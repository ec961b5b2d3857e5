"""The queue's side of the pharmacy: telling everybody who has recalled medicine, holding what has not left."""

from __future__ import annotations

from typing import Any, Final

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.trace.actor import Actor

_AGAIN: Final = RetryStrategy(max_attempts=8, exponential_wait=2)


def tell_soon(recall_id: int, by: Actor) -> None:
    """Queue the telling of a recall, in the transaction that began it; two of one recall run one after the other."""
    tell_recalled.configure(lock=f"recall {recall_id}").defer(recall_id=recall_id, **_named(by))


def hold_soon(recall_id: int, by: Actor) -> None:
    """Queue the holding of a recall, in the transaction that began it; it runs beside the telling."""
    hold_recalled.configure(lock=f"recall {recall_id} holds").defer(recall_id=recall_id, **_named(by))


def _named(by: Actor) -> dict[str, Any]:
    return {
        "account_id": by.account_id,
        "role": by.role,
        "institution_id": by.institution_id,
        "purpose": by.purpose,
    }


@app.task(queue="notices", name="tcm.recall.tell", retry=_AGAIN)
def tell_recalled(recall_id: int, account_id: int | None, role: str, institution_id: int | None, purpose: str) -> None:
    """Tell whoever has not been told, in the name of whoever called the lot back."""
    from kangqu.systems.tcm_pharmacy.recall.telling import tell

    by = Actor(account_id, role=role, institution_id=institution_id, purpose=purpose)
    tell(recall_id, by=by, clock=system_clock)


@app.task(queue="cases", name="tcm.recall.hold", retry=_AGAIN)
def hold_recalled(recall_id: int, account_id: int | None, role: str, institution_id: int | None, purpose: str) -> None:
    """Hold whatever has not left its pharmacy, in the name of whoever called the lot back."""
    from kangqu.systems.tcm_pharmacy.recall.holding import hold

    by = Actor(account_id, role=role, institution_id=institution_id, purpose=purpose)
    hold(recall_id, by=by, clock=system_clock)
