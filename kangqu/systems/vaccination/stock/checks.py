"""What holds of stock on live data: a balance is the sum of its movements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connection

from kangqu.kernel.basis.checks import Finding, check

_WRONG: Final = """
SELECT s.id, s.vials, coalesce(m.vials, 0), coalesce(o.doses, 0), coalesce(m.doses, 0)
  FROM vaccination_vialstock s
  LEFT JOIN (SELECT institution_id, lot_id, fridge, sum(vials) AS vials, sum(doses) AS doses
               FROM vaccination_stockmove GROUP BY 1, 2, 3) m USING (institution_id, lot_id, fridge)
  LEFT JOIN (SELECT institution_id, lot_id, fridge, sum(doses_left) AS doses
               FROM vaccination_openvial GROUP BY 1, 2, 3) o USING (institution_id, lot_id, fridge)
 WHERE s.vials <> coalesce(m.vials, 0) OR coalesce(o.doses, 0) <> coalesce(m.doses, 0)
"""


@check("vaccination.stock", "What there is of every lot of vaccine is the sum of its movements.")
def check_stock() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_WRONG)
        for number, vials, moved, doses, told in cursor.fetchall():
            yield Finding(
                f"vaccine stock {number}", f"{vials} vials and {doses} open doses, its movements say {moved} and {told}"
            )
