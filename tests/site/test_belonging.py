"""A database opens for its own city with its own keys, and for nobody else."""

from __future__ import annotations

import pytest

from kangqu.kernel.basis.models import HouseFact
from kangqu.kernel.basis.sealing import key_check
from kangqu.kernel.basis.trouble import ConfigTrouble
from kangqu.site.belonging import refuse_strangers, remember

pytestmark = pytest.mark.django_db

FIRST, SECOND, OTHER = b"a" * 40, b"b" * 40, b"c" * 40


@pytest.fixture(autouse=True)
def zibo():
    remember("zibo", {1: FIRST})


def test_the_same_city_and_secret_open_it():
    refuse_strangers("zibo", {1: FIRST})


def test_a_new_key_may_be_added_and_is_then_needed():
    refuse_strangers("zibo", {1: FIRST, 2: SECOND})
    remember("zibo", {1: FIRST, 2: SECOND})
    with pytest.raises(ConfigTrouble, match="number 2"):
        refuse_strangers("zibo", {1: FIRST})


@pytest.mark.parametrize("secrets", [{1: OTHER}, {2: FIRST}, {1: OTHER, 2: FIRST}])
def test_another_secret_is_refused(secrets):
    with pytest.raises(ConfigTrouble, match="密钥与这个数据库不符"):
        refuse_strangers("zibo", secrets)


def test_another_city_is_refused():
    with pytest.raises(ConfigTrouble, match="belongs to zibo, not to jinan"):
        refuse_strangers("jinan", {1: FIRST})


def test_what_was_remembered_first_stays():
    remember("jinan", {1: OTHER})
    refuse_strangers("zibo", {1: FIRST})


def test_the_database_holds_no_secret():
    assert FIRST.decode() not in "".join(HouseFact.objects.values_list("value", flat=True))
    assert key_check(FIRST) != key_check(OTHER)
