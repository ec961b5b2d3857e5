"""Lineage at city scale: from a lot of herbs to every prescription and patient, and from a prescription back to its lots.

A year of prescriptions of six decoction centres, twelve herbs each, is made in the server in the product's own tables. Then a
lot of the commonest herb and one of the rarest are followed through the reads the recall stands on, and through the page.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bench.measure import Figure, open_bench_city, options, percentile, report, seconds_of

LIMIT = 2.0


def main(argv: list[str] | None = None) -> int:
    asked = options(
        "tcm_lineage",
        __doc__ or "",
        argv,
        ("--prescriptions", {"type": int, "default": 3_800_000}),
    )
    open_bench_city("tcm_lineage")
    from django.db import connection

    from bench import _lineage_world as world
    from kangqu.kernel.basis.clock import system_clock

    made = seconds_of(lambda: world.fill(asked.prescriptions, system_clock()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tcm_pharmacy_weighing")
        (weighed,) = cursor.fetchone()
    figures = [
        Figure("prescriptions", asked.prescriptions, ""),
        Figure("weighings", weighed, ""),
        Figure("making them", made, "s"),
        *_forward(asked.runs),
        *_back(asked.prescriptions),
    ]
    return report("tcm_lineage", asked, figures)


def _forward(runs: int) -> list[Figure]:
    from bench import _lineage_world as world

    lots = {"a common lot": world.lot_of(0, 2, 40), "a rare lot": world.lot_of(399, 2, 12)}
    figures = []
    for name, lot in lots.items():
        count, everywhere, people = _sizes(lot.pk)
        figures += [
            Figure(f"{name}: prescriptions at its pharmacy", count, ""),
            Figure(f"{name}: prescriptions at all pharmacies", everywhere, ""),
            Figure(f"{name}: patients", people, ""),
        ]
        for what, ask in _questions(lot).items():
            first = seconds_of(ask)
            taken = [seconds_of(ask) for _ in range(max(3, runs))]
            figures.append(Figure(f"{name}: {what}, the first time", first, "s", at_most=LIMIT))
            figures.append(Figure(f"{name}: {what}, slowest afterwards", max(taken), "s", at_most=LIMIT))
    return figures


def _sizes(lot_id: int) -> tuple[int, int, int]:
    from kangqu.systems.tcm_pharmacy.models import HerbLot
    from kangqu.systems.tcm_pharmacy.recall.lineage import uses_of
    from kangqu.systems.tcm_pharmacy.recall.lots import lots_like

    uses = uses_of([each.pk for each in lots_like(HerbLot.objects.get(pk=lot_id))])
    return len(uses_of([lot_id])), len(uses), len({use.person_id for use in uses})


def _questions(lot: Any) -> dict[str, Callable[[], Any]]:
    """What the recall's verb reads, and the lot's page, its last one too."""
    from kangqu.systems.tcm_pharmacy.models import HerbLot
    from kangqu.systems.tcm_pharmacy.recall.lineage import uses_of
    from kangqu.systems.tcm_pharmacy.recall.lots import lots_like

    row = HerbLot.objects.get(pk=lot.pk)
    return {
        "every prescription and patient": lambda: uses_of([each.pk for each in lots_like(row)]),
        "its page": lambda: _page(f"/c/tcm/lots/{lot.code}"),
        "its page, the last leaf": lambda: _page(f"/c/tcm/lots/{lot.code}?page=100000"),
    }


def _back(count: int) -> list[Figure]:
    from bench import _lineage_world as world
    from kangqu.kernel.cases.models import Case
    from kangqu.systems.tcm_pharmacy.recall.lineage import parts_of

    rng, figures = random.Random(8), []
    codes = [Case.objects.get(pk=world.CASE + n).code for n in world.scanned(count)]
    kinds: dict[str, Callable[[], Any]] = {
        "a prescription's lots": lambda: parts_of(world.CASE + rng.randrange(count)),
        "from a bag's code to its lots, the page": lambda: _page(f"/c/tcm/parts/{rng.choice(codes)}"),
    }
    for name, ask in kinds.items():
        taken = [seconds_of(ask) for _ in range(50)]
        figures.append(Figure(f"{name}, median", 1000 * percentile(taken, 0.5), "ms"))
        figures.append(Figure(f"{name}, slowest of 50", max(taken), "s", at_most=LIMIT))
    return figures


def _page(address: str) -> None:
    """Ask for a page as the manager of all the pharmacies, through everything that stands before it."""
    from django.test import RequestFactory
    from django.urls import resolve

    from bench import _lineage_world as world
    from kangqu.kernel.access.models import AccountKind
    from kangqu.kernel.access.roles import Role
    from kangqu.kernel.access.viewer import Held, Viewer
    from kangqu.kernel.basis.clock import system_clock

    held = Held(Role.PHARMACY_MANAGER, world.TOP, f"/{world.TOP}/")
    request: Any = RequestFactory().get(address)
    request.session, request._messages, request.at = {}, (), system_clock()
    request._viewer = Viewer(principal_id=77, account_id=77, kind=AccountKind.STAFF, grants=(held,))
    found = resolve(address.partition("?")[0])
    answer = found.func(request, *found.args, **found.kwargs)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")


if __name__ == "__main__":
    raise SystemExit(main())
