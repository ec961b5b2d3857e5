"""How many requests the web server answers at a time."""

from __future__ import annotations

import pytest

from kangqu.site.server import threads_for


@pytest.mark.parametrize("workers", [1, 2, 4, 8, 16])
def test_all_processes_together_keep_under_a_hundred_connections(workers):
    assert 4 <= threads_for(workers) <= 16
    assert workers * threads_for(workers) < 100
