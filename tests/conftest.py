"""The small cast of the stories."""

from __future__ import annotations

from datetime import datetime

import pytest

from kangqu.kernel.basis.clock import CITY

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=CITY)
"""Nine o'clock on an ordinary Monday in the city: when most tests happen."""


@pytest.fixture
def nine() -> datetime:
    return NINE
