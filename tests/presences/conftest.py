"""The cast of the code, with a gate that reports who came by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.partitions import ensure_partitions
from tests.code.conftest import *  # noqa: F403
from tests.conftest import NINE


@pytest.fixture
def tables(db):
    for table in ("presence_by_person", "presence_by_place"):
        ensure_partitions(table, around=NINE - timedelta(days=3), ahead=5)


@pytest.fixture
def device(gate) -> Actor:
    return Actor(account_id=71, role="device", institution_id=gate.institution_id, purpose="entry")


@pytest.fixture
def other_device(other_desk) -> Actor:
    return Actor(account_id=72, role="device", institution_id=other_desk.institution_id, purpose="entry")
