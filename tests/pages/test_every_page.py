"""Every page of the house, looked over by somebody who may open it: on a phone and at a desk, in both languages."""

from __future__ import annotations

from itertools import cycle

import pytest

from kangqu.web.access_table import served_urls
from tests.look_over import RESIDENT_PAIRS, STAFF_PAIRS, Looker, cookies_of, data_words
from tests.pages.looks import LOOKS, NO_PAGE
from tests.pages.world import World

WHO = sorted({look.who for look in LOOKS})
AT_A_PHONE = {"daughter", "mother", "agent", "mover", "careful", "nobody_yet", "stranger", "asked", "proved"}


def test_every_served_page_is_looked_over():
    pages = {each.path for each in served_urls() if each.operation is not None and not each.path.startswith("/api/")}
    looked = {look.route for look in LOOKS} | set(NO_PAGE)
    assert sorted(pages - looked) == []
    assert sorted(set(NO_PAGE) - pages) == []


@pytest.mark.browser
@pytest.mark.looks
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", WHO)
def test_every_page_of(open_page, settings, who):
    settings.KANGQU_DEMO = True
    world = World()
    looker = Looker(open_page, cookies_of(world.client(who)))
    pairs = cycle(RESIDENT_PAIRS if who in AT_A_PHONE else STAFF_PAIRS)
    found = []
    for look in (each for each in LOOKS if each.who == who):
        for view in look.views or next(pairs):
            if look.once:
                looker = Looker(open_page, cookies_of(world.client(who)))
            path = look.path.format(**world.names)
            found += looker.findings(path, view, act=look.doing(world.names), title=look.title, data=data_words)
    assert found == [], "\n".join(found)
