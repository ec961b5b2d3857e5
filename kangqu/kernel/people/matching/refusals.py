"""How the linking of files says no."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

FILE_MISSING = refusal(
    "link_file_missing", "KQ-1481", zh="打不开文件 {path}：{reason}", en="The file {path} cannot be opened: {reason}"
)
FILE_EMPTY = refusal("link_file_empty", "KQ-1482", zh="文件 {path} 没有表头。", en="The file {path} has no header row.")
ENCODING = refusal(
    "link_encoding",
    "KQ-1483",
    zh="文件 {path} 不是 UTF-8，也不是 GB 18030（第 {byte} 个字节处读不出）。",
    en="The file {path} is neither UTF-8 nor GB 18030 (unreadable at byte {byte}).",
)
NUL = refusal(
    "link_nul",
    "KQ-1484",
    zh="文件 {path} 第 {line} 行有 NUL 字符，不是文本文件。",
    en="The file {path} holds a NUL character in line {line}: it is not a text file.",
)
CELL = refusal(
    "link_cell",
    "KQ-1485",
    zh="文件 {path} 第 {line} 行有一格超过 {limit} 个字符，或引号没有配对。",
    en="The file {path} has a cell of more than {limit} characters in line {line}, or a quotation mark left open.",
)
RAGGED = refusal(
    "link_ragged",
    "KQ-1486",
    zh="文件 {path} 第 {line} 行有 {cells} 格，表头只有 {columns} 列。",
    en="The file {path} has {cells} cells in line {line}, but {columns} columns in its header.",
)
COLUMN = refusal(
    "link_column",
    "KQ-1487",
    zh="文件 {path} 没有“{column}”这一列；有：{columns}。",
    en="The file {path} has no column {column}; it has: {columns}.",
)
MAP = refusal(
    "link_map",
    "KQ-1488",
    zh="--map 写法有误：{part}。写作 字段=列名 或 字段=列名+列名，以逗号分开；字段有：{fields}。",
    en="--map is not understood: {part}. Write field=column or field=column+column, separated by commas; the fields"
    " are: {fields}.",
)
OUT = refusal(
    "link_out", "KQ-1489", zh="结果写不到 {path}：{reason}", en="The result cannot be written to {path}: {reason}"
)
TOO_MANY_ROWS = refusal(
    "link_too_many_rows",
    "KQ-1490",
    zh="文件 {path} 超过 {limit} 行；请按地区分成几份。",
    en="The file {path} has more than {limit} rows; divide it, by region for instance.",
)
