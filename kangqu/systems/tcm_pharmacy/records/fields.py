"""Fields that several of the pharmacy's records ask."""

from __future__ import annotations

from typing import Any

from kangqu.kernel.cases.forms import Code, Text


def prescription_code(**options: Any) -> Code:
    """The code on the tub and the bags: what ties a record to the batch."""
    return Code(
        name="prescription", label="处方条码（K…）", label_en="Prescription (K…)", pattern=r"K[0-9A-Y]{13}", **options
    )


def words(name: str, label: str, label_en: str, *, required: bool = True) -> Text:
    """A few sentences."""
    return Text(name=name, label=label, label_en=label_en, max_length=500, multiline=True, required=required)
