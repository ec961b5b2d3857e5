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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that hold slow tests go first, then those with a browser: spread over processes, no long one is left last."""
    weight: dict[str, int] = {}
    for item in items:
        marks = 2 if item.get_closest_marker("slow") else 1 if item.get_closest_marker("browser") else 0
        weight[item.nodeid.partition("::")[0]] = max(weight.get(item.nodeid.partition("::")[0], 0), marks)
    items.sort(key=lambda item: -weight[item.nodeid.partition("::")[0]])
