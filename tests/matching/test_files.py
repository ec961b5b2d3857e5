"""The command on files: what is read, what is refused, and that nothing is half written."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.matching.command import link_files, progress_to
from kangqu.kernel.people.matching.files import FIELDS, read_list, read_map
from kangqu.site.cli import command_line

ROWS = "编号,姓名,出生日期,电话\n甲1,王建国,1990-01-31,13800001234\n乙2,王建國,19900131,13800001234\n丙3,李娜,1985-05-05,\n"
MAP = "name=姓名,birth_date=出生日期,phone=电话"


def refused(folder: Path, content: bytes, columns: str = MAP, **more: object) -> str:
    (folder / "a.csv").write_bytes(content)
    with pytest.raises(Refused) as caught:
        link_files(folder / "a.csv", None, columns=columns, out=folder / "out.csv", **more)  # type: ignore[arg-type]
    assert not (folder / "out.csv").exists()
    assert [path.name for path in folder.iterdir()] == ["a.csv"]
    assert caught.value.sentence("zh") and caught.value.sentence("en")
    return caught.value.why.name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ", ", ";", "\t"])
def test_encodings_and_separators(encoding: str, separator: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(ROWS.replace(",", separator).encode(encoding))
    link_files(tmp_path / "a.csv", None, columns=MAP, out=tmp_path / "out.csv", id_column="编号")
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["left_row", "right_row", "probability", "decision", "cluster", "left_id", "right_id"]
    assert [(line[0], line[1], line[3:]) for line in lines[1:]] == [("1", "2", ["same", "1", "甲1", "乙2"])]
    assert 0.95 <= float(lines[1][2]) <= 1


def test_two_lists(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "b.csv").write_text("编号,姓名,出生日期,电话\n丁4,王建国,1990-01-31,13800001234\n", encoding="gb18030")
    outcome = link_files(tmp_path / "a.csv", tmp_path / "b.csv", columns=MAP, out=tmp_path / "out.csv")
    assert outcome.same == 2
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1].startswith("1,1,")


def test_a_value_may_join_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a, b ,c\nx, 1 ,\n,2,z\n", encoding="utf-8")
    listing = read_list(tmp_path / "a.csv", read_map("address=b + c"))
    assert [subject.address for subject in listing.subjects] == ["1", "2 z"]


def test_refusals(tmp_path: Path) -> None:
    good = ROWS.encode()
    assert refused(tmp_path, b"") == "link_file_empty"
    assert refused(tmp_path, good, columns="name=nobody") == "link_column"
    assert refused(tmp_path, good, columns="colour=姓名") == "link_map"
    assert refused(tmp_path, good, columns="") == "link_map"
    assert refused(tmp_path, good, columns="name=") == "link_map"
    assert refused(tmp_path, good, columns="name=姓名,name=编号") == "link_map"
    assert refused(tmp_path, good, id_column="号") == "link_column"
    assert refused(tmp_path, good + b"\xff\xff\xff,1,2,3\n") == "link_encoding"
    assert refused(tmp_path, ROWS.encode("utf-16")) == "link_encoding"
    assert refused(tmp_path, good + b"1,a\0b,2,3\n") == "link_nul"
    assert refused(tmp_path, good + b"1,2,3,4,5\n") == "link_ragged"
    assert refused(tmp_path, good + b"1," + b"x" * 10_000_000 + b",2,3\n") == "link_cell"
    assert refused(tmp_path, good + b'1,"' + b"x\n" * 2_000_000) == "link_cell"


def test_a_file_of_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kangqu.kernel.people.matching.files.MOST_ROWS", 2)
    assert refused(tmp_path, ROWS.encode()) == "link_too_many_rows"


def test_a_missing_file_and_an_unwritable_result(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        link_files(tmp_path / "none.csv", None, columns=MAP, out=tmp_path / "out.csv")
    assert caught.value.why.name == "link_file_missing"
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    for out in (tmp_path / "no" / "out.csv", tmp_path):
        with pytest.raises(Refused) as caught:
            link_files(tmp_path / "a.csv", None, columns=MAP, out=out)
        assert caught.value.why.name == "link_out"


def test_a_failed_run_leaves_an_older_result_alone(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("older", encoding="utf-8")
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(Refused):
        link_files(tmp_path / "a.csv", None, columns=MAP, out=tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "older"


def test_every_field_can_be_mapped() -> None:
    assert set(read_map(",".join(f"{field}=x" for field in FIELDS))) == set(FIELDS)


def test_progress_tells_each_stage_once_where_nobody_watches() -> None:
    stream = io.StringIO()
    tell = progress_to(stream)
    for stage in ("read", "compare", "compare", "decide"):
        tell(stage, 1, 2)
    assert len(stream.getvalue().splitlines()) == 3


def test_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    arguments = ["link", str(tmp_path / "a.csv"), "--map", MAP, "--out", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(command_line(), arguments)
    assert result.exit_code == 0
    assert len((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()) == 2
