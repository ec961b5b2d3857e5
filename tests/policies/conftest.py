from __future__ import annotations

from collections.abc import Iterator

import pytest

from kangqu.kernel.rules.policy import adopt


@pytest.fixture(autouse=True)
def nothing_adopted() -> Iterator[None]:
    """What a test adopted is known to this process only until its end."""
    yield
    adopt((), edition=0)
