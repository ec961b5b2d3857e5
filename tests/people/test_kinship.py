"""What family members are called, from either side."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from kangqu.kernel.people.kinship import Kin, kin_word, other_side


@pytest.mark.parametrize(
    ("relation", "sex", "seen_by_agent", "zh", "en"),
    [
        ("子女", "2", False, "女儿", "Daughter"),
        ("子女", "1", False, "儿子", "Son"),
        ("子女", "2", True, "母亲", "Mother"),
        ("父母", "2", False, "母亲", "Mother"),
        ("父母", "1", True, "儿子", "Son"),
        ("配偶", "1", True, "丈夫", "Husband"),
        ("祖父母", "2", True, "孙女", "Granddaughter"),
        ("兄弟姐妹", "0", False, "兄弟姐妹", "Brother or sister"),
        ("其他", "2", True, "其他亲友", "Other relative or friend"),
        ("母亲", "2", False, "母亲", "Mother"),
        ("母亲", "1", True, "儿子", "Son"),
        ("女儿", "2", True, "母亲", "Mother"),
        ("姥姥", "2", True, "孙女", "Granddaughter"),
        ("干女儿", "2", False, "其他亲友", "Other relative or friend"),
    ],
)
def test_the_word_fits_relation_sex_and_side(relation, sex, seen_by_agent, zh, en):
    with override("zh-hans"):
        assert kin_word(relation, sex, seen_by_agent=seen_by_agent) == zh
    with override("en"):
        assert kin_word(relation, sex, seen_by_agent=seen_by_agent) == en


def test_the_other_side_of_the_other_side_is_the_relation_itself():
    assert [other_side(other_side(kin)) for kin in Kin] == list(Kin)
