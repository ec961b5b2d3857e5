"""What an import may say no to, about the file as a whole (KQ-150x, 151x) and about one row (KQ-152x to 154x)."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

FILE_EMPTY = refusal("import_file_empty", "KQ-1501", zh="文件里没有数据行。", en="The file holds no rows of data.")
FILE_KIND = refusal(
    "import_file_kind",
    "KQ-1502",
    zh="认不出文件格式：请用 .xlsx、.csv 或 NDJSON。旧的 .xls 请先另存为 .xlsx。",
    en="This is not a file of a known kind: use .xlsx, .csv or NDJSON. Save an old .xls as .xlsx first.",
)
FILE_ENCODING = refusal(
    "import_file_encoding",
    "KQ-1503",
    zh="文件编码有误（第 {byte} 字节）：请存为 UTF-8 或 GB18030。",
    en="The file's encoding is broken at byte {byte}: save it as UTF-8 or GB18030.",
)
FILE_TOO_LARGE = refusal(
    "import_file_too_large",
    "KQ-1504",
    zh="文件太大：{what}最多 {limit}。请分成几个文件。",
    en="The file is too large ({what}): at most {limit}. Split it into several files.",
    status=413,
)
FILE_BROKEN = refusal(
    "import_file_broken",
    "KQ-1505",
    zh="文件读不下去了（第 {line} 行附近）：{detail}",
    en="The file cannot be read on near line {line}: {detail}",
)
NO_COLUMNS = refusal(
    "import_no_columns",
    "KQ-1506",
    zh="第一行里没有认得的列名。至少要有“姓名”。请下载模板对照。",
    en="The first row names no known column; a name column is needed at least. Compare the template.",
)
COLUMN_TWICE = refusal(
    "import_column_twice",
    "KQ-1507",
    zh="“{first}”和“{second}”是同一列，只能有一个。",
    en="{first} and {second} are the same column: only one may stand.",
)
UNDER_WAY = refusal(
    "import_under_way",
    "KQ-1508",
    zh="这个文件正在导入（{code}）。要接着上次做，请用“继续”（--resume）。",
    en="This file is being imported already ({code}). To go on with it, use resume (--resume).",
    status=409,
)
WRONG_STEP = refusal(
    "import_wrong_step",
    "KQ-1509",
    zh="这次导入现在是“{state}”，不能这样做。",
    en="The import is {state} now: this cannot be done.",
    status=409,
)
ROWS_WRONG = refusal(
    "import_rows_wrong",
    "KQ-1510",
    zh="有 {count} 行有误，按“全部或不导入”的要求，一行也没有导入。",
    en="{count} rows are wrong; as asked (all or nothing), none was imported.",
)
UNDO_LATE = refusal(
    "import_undo_late",
    "KQ-1511",
    zh="导入超过 {hours} 小时，不能再整批撤销。",
    en="More than {hours} hours have passed: the import can no longer be undone as a whole.",
    status=409,
)
PURPOSE_NEEDED = refusal(
    "export_purpose_needed",
    "KQ-1512",
    zh="导出个人信息要写明用途。",
    en="An export of personal data needs a purpose.",
)
NOTHING_TO_RESUME = refusal(
    "import_nothing_to_resume",
    "KQ-1513",
    zh="没有这个文件未完成的导入。",
    en="There is no unfinished import of this file.",
    status=404,
)

ROW_WIDE = refusal("row_wide", "KQ-1520", zh="这一行比表头多出了内容。", en="The row has more cells than the header.")
EXCEL_NUMBER = refusal(
    "row_excel_number",
    "KQ-1521",
    zh="Excel 把身份证号存成了数字，末几位已丢失。请把这一列设为文本后重新填写。",
    en="Excel stored the identity number as a number and its last digits are lost. Make the column text and enter it again.",
)
DATE_WRONG = refusal(
    "row_date_wrong",
    "KQ-1522",
    zh="日期认不出，或在将来：请写成 1990-01-31。",
    en="This is not a date, or lies in the future: write 1990-01-31.",
)
BIRTH_MISMATCH = refusal(
    "row_birth_mismatch",
    "KQ-1523",
    zh="出生日期与证件号码里的不一致。",
    en="The birth date differs from the one in the document number.",
)
SEX_WRONG = refusal("row_sex_wrong", "KQ-1524", zh="性别请写“男”或“女”。", en="Write the sex as male or female.")
KIND_MISSING = refusal(
    "row_kind_missing",
    "KQ-1525",
    zh="有证件号码但没有证件类型。",
    en="There is a document number without a kind of document.",
)
REGION_WRONG = refusal("row_region_wrong", "KQ-1526", zh="没有这个区划代码。", en="There is no such region code.")
TEXT_LONG = refusal(
    "row_text_long", "KQ-1527", zh="太长，最多 {limit} 个字。", en="Too long: at most {limit} characters."
)
TEXT_CHARS = refusal(
    "row_text_chars",
    "KQ-1528",
    zh="含有不能保存的字符。",
    en="There is a character that cannot be stored.",
)
ETHNICITY_WRONG = refusal(
    "row_ethnicity_wrong", "KQ-1529", zh="没有这个民族。", en="There is no such ethnicity (GB/T 3304)."
)
NATIONALITY_WRONG = refusal(
    "row_nationality_wrong",
    "KQ-1530",
    zh="国籍请写三位字母代码，如 CHN。",
    en="Write the nationality as a three-letter code, as CHN.",
)
TOO_LITTLE = refusal(
    "row_too_little",
    "KQ-1531",
    zh="证件号码和出生日期至少要有一个。",
    en="A document number or a birth date is needed.",
)
VALUE_SHAPE = refusal(
    "row_value_shape",
    "KQ-1532",
    zh="这一格应是文字或数字。",
    en="This value should be a text or a number.",
)
RELATION_WRONG = refusal(
    "row_relation_wrong",
    "KQ-1533",
    zh="与户主关系认不出：请写户主、配偶、长子……，或 GB/T 4761 的两位代码。",
    en="The relation to the head is not known: write head, spouse, son… or a two-digit code of GB/T 4761.",
)
RELATION_MISSING = refusal(
    "row_relation_missing",
    "KQ-1534",
    zh="有户号就要写与户主关系。",
    en="A household number needs the relation to the head beside it.",
)
HOUSEHOLD_MISSING = refusal(
    "row_household_missing",
    "KQ-1535",
    zh="有与户主关系但没有户号。",
    en="There is a relation to the head without a household number.",
)
HOUSEHOLD_NUMBER_WRONG = refusal(
    "row_household_number_wrong",
    "KQ-1536",
    zh="户号最多 {limit} 个字母、数字或横线；被 Excel 存成科学计数的请改为文本重填。",
    en="A household number has at most {limit} letters, digits or hyphens; one that a spreadsheet rounded must be entered"
    " again as text.",
)
TWICE_IN_FILE = refusal(
    "row_twice_in_file",
    "KQ-1540",
    zh="同一证件在文件里出现两次且内容不同（另见第 {line} 行）。",
    en="The same document stands twice in the file with different data (see line {line}).",
)
DOCUMENT_OF_ANOTHER = refusal(
    "row_document_of_another",
    "KQ-1541",
    zh="这个证件号码已登记在另一位居民名下，姓名等不符。请核对原件。",
    en="This document is registered for a resident whose name and other data differ. Compare the original.",
)
HOUSEHOLD_UNKNOWN = refusal(
    "row_household_unknown",
    "KQ-1543",
    zh="没有这个户编码，或该户已注销。",
    en="There is no household of this code, or it was dissolved.",
)
HEAD_TWICE = refusal(
    "row_head_twice",
    "KQ-1544",
    zh="这一户在文件里有两个户主（另见第 {line} 行）。",
    en="This household has two heads in the file (see line {line}).",
)
HEAD_OTHER = refusal(
    "row_head_other",
    "KQ-1545",
    zh="这一户登记的户主是另一位居民。请把原户主也列入名单并写明关系，或先在窗口变更户主。",
    en="The registered head of this household is another resident. List the former head with the new relation too,"
    " or change the head at a desk first.",
)
HOUSEHOLD_DECEASED = refusal(
    "row_household_deceased",
    "KQ-1546",
    zh="这位居民已登记死亡，不能入户。请核对。",
    en="This resident is registered as deceased and cannot enter a household. Please compare.",
)
HOUSEHOLD_ELSEWHERE = refusal(
    "row_household_elsewhere",
    "KQ-1547",
    zh="这个户号已是另一个地方的户（区划不同）。不同村的户号相同时，请在户号前加村名或代码。",
    en="This number is that of a household in another division. Where villages number alike, put the village before it.",
)
GUARDIAN_THIN = refusal(
    "row_guardian_thin",
    "KQ-1551",
    zh="监护人要写姓名或证件号码。",
    en="A guardian needs a name or a document number.",
)
GUARDIAN_UNKNOWN = refusal(
    "row_guardian_unknown",
    "KQ-1552",
    zh="监护人的证件没有登记，也不在这份名单里。请先登记监护人，或只写姓名和电话。",
    en="The guardian's document is not registered and not in this list. Register the guardian first, or give name and"
    " phone only.",
)
GUARDIAN_NAME = refusal(
    "row_guardian_name",
    "KQ-1553",
    zh="监护人姓名与这个证件的持有人不符。请核对原件。",
    en="The guardian's name is not that of the document's holder. Compare the original.",
)
GUARDIAN_UNFIT = refusal(
    "row_guardian_unfit",
    "KQ-1554",
    zh="监护人是本人、未成年人或已登记死亡。",
    en="The guardian is the resident herself, a minor, or registered as deceased.",
)
