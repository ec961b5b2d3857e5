"""The page of the review says of every rule what its row says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kangqu.kernel.rules.table import load_rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "tcm-review.md"
ROWS = load_rows("kangqu.systems.tcm_pharmacy.review")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_rule_is_told(row):
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if f"`{row.id}`" in line]
    assert lines, f"tell of {row.id} in docs/algorithms/tcm-review.md"
    if row.fields["family"] != "setting":
        cells = [cell.strip() for cell in lines[-1].split("|")]
        told = (row.fields["severity"], row.fields["override"], row.source.mark.value)
        assert (cells[4], cells[5], cells[7]) == told
        assert row.source.document in cells[6]
