"""Who keeps class lists."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

LISTS: Final = operation(
    "vaccination.class_lists", "班级名单", "Class lists",
    roles=frozenset({Role.INSTITUTION_MANAGER, Role.REGISTRAR, Role.NURSE, Role.DOCTOR, Role.SYSTEM}), reach=Reach.INSTITUTION,
    purpose=Purpose.PUBLIC_HEALTH, scope="vaccination.write",
)  # fmt: skip
"""The school's own doctor, nurse and secretary; of another kind of institution they are refused."""
