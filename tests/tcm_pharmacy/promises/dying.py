"""Workers that are killed while they tell people of their promises."""

from __future__ import annotations

import sys
from datetime import timedelta

import django

if __name__ == "__main__":
    django.setup()

from kangqu.systems.tcm_pharmacy.promises.telling import tell_of_promises
from tests.conftest import NINE

LATER = NINE + timedelta(hours=3)


def tell() -> int:
    return tell_of_promises(LATER)


if __name__ == "__main__":
    from tests.mortal import bear

    bear({"tell": tell})
    sys.exit(0)
