"""The map of programmes closes, and its page is current."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docs.programmes_page import Graph, graph, programmes_page
from kangqu.site.whole import import_everything
from tests.cases.programmes import LAMP

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module", autouse=True)
def _everything() -> None:
    import_everything()


def test_the_map_closes() -> None:
    """Every event heard is emitted by some programme, every programme opened exists, every event emitted is declared."""
    assert graph().gaps() == []


def test_a_gap_is_found() -> None:
    hearing = replace(LAMP, listens=frozenset({"nobody.says"}), opens=frozenset({"nothing"}))
    found = Graph({"test_lamp": hearing}, {"test.other": ["lamps.count"]}).gaps()
    assert found == [
        "lamps.count listens to test.other, which nobody emits",
        "test_lamp listens to nobody.says, which nobody emits",
        "test_lamp opens nothing, which nobody declares",
    ]
    assert Graph({"test_lamp": LAMP}, {"test.lamp.seen": ["lamps.count"]}).gaps() == []


def test_the_page_of_programmes_is_current() -> None:
    page = ROOT / "docs" / "programmes.md"
    assert page.read_text(encoding="utf-8") == programmes_page(), "run python -m docs.lists"
