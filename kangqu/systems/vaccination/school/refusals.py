"""Why a list, or a row of it, is refused."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

NOT_A_SCHOOL = refusal(
    "school_not_a_school", "KQ-3450", zh="只有学校能维护班级名单。", en="Only a school keeps class lists.", status=403
)
COLUMNS_MISSING = refusal(
    "school_columns_missing", "KQ-3451", zh="名单要有这些列：姓名、身份证号、年级、班级。没有找到：{columns}。",
    en="The list needs the columns name, identity number, grade and class. Not found: {columns}.",
)  # fmt: skip
LIST_LONG = refusal("school_list_long", "KQ-3452", zh="一份名单最多 {most} 行。", en="A list has at most {most} rows.")
NAME_MISSING = refusal("school_name_missing", "KQ-3453", zh="没有姓名。", en="No name.")
NUMBER_MISSING = refusal("school_number_missing", "KQ-3454", zh="没有身份证号。", en="No identity number.")
NOBODY_SUCH = refusal(
    "school_nobody_such", "KQ-3455", zh="没有姓名和身份证号都相符的居民，请核对，或先到卫生院登记。",
    en="No resident has this name and number: check both, or register the child first.",
)  # fmt: skip
CLASS_WRONG = refusal(
    "school_class_wrong", "KQ-3456", zh="年级要写 1 到 12（或“七年级”“初一”），班级最多 20 个字。",
    en="The grade is 1 to 12; a class has at most 20 characters.",
)  # fmt: skip
TWICE = refusal(
    "school_twice", "KQ-3457", zh="名单里前面已经有这个学生。", en="The list has this child on an earlier line."
)
