"""A school for the pages: its classes taken from a list in which one row is wrong."""

from __future__ import annotations

from typing import Any

from kangqu.kernel.trace.actor import the_house
from kangqu.systems.vaccination.school.lists import take_list
from kangqu.systems.vaccination.school.models import SchoolClass
from tests.access import cast
from tests.people.conftest import resident_id


def school_of(world: Any) -> dict[str, str]:
    """Make it; its numbers by name."""
    school = cast.institution("淄川区般阳路实验学校（九年一贯制）", "school", world.county.region, world.county)
    girls = [world.resident(name, "2", world.now.date().replace(year=world.now.year - 13, month=5, day=2), order)
             for name, order in (("孙甜甜", 420), ("𠮷田小雨", 422), ("欧阳慕容紫嫣", 424))]  # fmt: skip
    rows = [f"{girl.name},{resident_id(girl.birth_date, order)},七年级,1 班"
            for girl, order in zip(girls, (420, 422, 424), strict=True)]  # fmt: skip
    sheet = "\n".join(("姓名,身份证号,年级,班级", *rows, "王秀兰,110101201305020021,七年级,1 班"))
    kept = take_list(
        [sheet.encode()], file_name="2026 年秋季.csv", institution_id=school.pk, by=the_house(), at=world.now
    )
    assert kept.counts["new"] == len(girls), kept.refused
    return {"school": str(school.pk), "class_list": str(kept.pk), "class": str(SchoolClass.objects.get().pk)}
