"""The embedded server: its settings, who may share it, and what it says when it cannot run. Real servers, real damage."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from kangqu.kernel.basis.embedded import (
    _SOCKET,
    chosen_settings,
    data_folder,
    embedded_major,
    release_embedded,
    socket_folder,
    start_embedded,
)
from kangqu.kernel.basis.trouble import ConfigTrouble, DatabaseTrouble

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A home whose database was made, used and stopped."""
    home = tmp_path_factory.mktemp("made")
    with psycopg.connect(start_embedded(home), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    release_embedded(home)
    return home


@pytest.fixture
def home(made, tmp_path):
    """A copy of it, for one test to use or break."""
    copy = tmp_path / "home"
    shutil.copytree(made, copy, ignore=shutil.ignore_patterns("postgres.*"))
    if os.geteuid() == 0:
        owner = data_folder(made).stat()
        for path in (data_folder(copy), *data_folder(copy).rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
    data_folder(copy).chmod(0o700)
    yield copy
    release_embedded(copy)


def _answer(url: str, sql: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def _postmaster(home: Path) -> int:
    return int((data_folder(home) / "postmaster.pid").read_text().splitlines()[0])


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("synchronous_commit", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("jit", "off"),
        ("listen_addresses", ""),
        ("shared_buffers", "128MB"),
        ("log_min_error_statement", "panic"),
    ],
)
def test_it_keeps_every_write_and_no_personal_data_in_its_log(home, setting, value):
    assert _answer(start_embedded(home), f"SHOW {setting}") == value


def test_text_sorts_by_bytes_whatever_the_operators_language(tmp_path, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    url = start_embedded(tmp_path)
    assert _answer(url, "SELECT datcollate || datctype FROM pg_database WHERE datname = 'template0'") == "CC"
    release_embedded(tmp_path)


def test_the_operator_may_tune_but_not_trade_durability(home):
    url = start_embedded(home, environment={"KANGQU_PG_SHARED_BUFFERS": "64MB", "KANGQU_PG_WORK_MEM": "8MB"})
    assert _answer(url, "SHOW shared_buffers") == "64MB"
    assert _answer(url, "SHOW work_mem") == "8MB"


@pytest.mark.parametrize(
    "variable",
    [
        {"KANGQU_PG_SYNCHRONOUS_COMMIT": "off"},
        {"KANGQU_PG_FSYNC": "off"},
        {"KANGQU_PG_LISTEN_ADDRESSES": "*"},
        {"KANGQU_PG_WORK_MEM": "1MB'\nfsync = 'off"},
        {"KANGQU_PG_WORK.MEM": "1MB"},
    ],
)
def test_a_setting_that_writes_rest_on_is_refused(variable):
    with pytest.raises(ConfigTrouble, match="cannot be set"):
        chosen_settings(variable)


def test_a_setting_the_server_does_not_know_is_not_called_damage(home):
    with pytest.raises(DatabaseTrouble, match="did not start") as trouble:
        start_embedded(home, environment={"KANGQU_PG_NO_SUCH_THING": "1"})
    assert "damaged" not in str(trouble.value)


def test_the_last_to_leave_stops_it(home):
    start_embedded(home)
    process = _postmaster(home)
    program = "import sys; from pathlib import Path; from kangqu.kernel.basis.embedded import start_embedded\n"
    program += "start_embedded(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, str(home)], check=True)
    assert _runs(process)
    release_embedded(home)
    assert not _runs(process)


def test_a_killed_server_comes_back_with_everything(home):
    url = start_embedded(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO kept SELECT generate_series(8, 10000)")
    os.kill(_postmaster(home), signal.SIGKILL)
    assert _answer(start_embedded(home), "SELECT count(*) FROM kept") == 9994


def test_a_process_number_that_now_belongs_to_another_program_keeps_nothing_from_starting(home):
    (data_folder(home) / "postmaster.pid").write_text(
        f"{os.getppid()}\n{data_folder(home)}\n0\n5432\n\n\n  1  1\nready\n"
    )
    assert _answer(start_embedded(home), "SELECT value FROM kept") == 7


def test_several_processes_may_start_it_at_once(tmp_path):
    program = (
        "import sys, psycopg; from pathlib import Path; from kangqu.kernel.basis.embedded import start_embedded\n"
        "print(psycopg.connect(start_embedded(Path(sys.argv[1]))).execute('SELECT 42').fetchone()[0])"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate()[0].strip() for process in started] == ["42"] * 4


def test_a_home_with_a_long_name_has_its_socket_elsewhere(tmp_path):
    home = tmp_path / ("很长的路径" * 8)
    assert socket_folder(home) != data_folder(home)
    assert _answer(start_embedded(home), "SELECT 1") == 1
    assert (socket_folder(home) / _SOCKET).exists()
    release_embedded(home)


@pytest.mark.parametrize(
    "path",
    ["PG_VERSION", "global/pg_control", "pg_wal", "base"],
)
def test_a_missing_part_is_damage(home, path):
    gone = data_folder(home) / path
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    _refused_as_damaged(home)


@pytest.mark.parametrize("path", ["global/pg_control", "pg_wal"])
def test_an_overwritten_part_is_damage(home, path):
    broken = data_folder(home) / path
    for file in [broken] if broken.is_file() else [each for each in broken.iterdir() if each.is_file()]:
        file.write_bytes(b"\0" * file.stat().st_size)
    _refused_as_damaged(home)


def _refused_as_damaged(home: Path) -> None:
    with pytest.raises(DatabaseTrouble, match="is damaged") as trouble:
        start_embedded(home)
    assert "已损坏" in str(trouble.value)
    assert "kangqu restore" in str(trouble.value)


@pytest.mark.parametrize("version", [embedded_major() - 1, embedded_major() + 1])
def test_a_folder_of_another_postgresql_is_named(home, version):
    (data_folder(home) / "PG_VERSION").write_text(f"{version}\n")
    with pytest.raises(DatabaseTrouble, match=f"belongs to PostgreSQL {version}; this is {embedded_major()}"):
        start_embedded(home)


def test_a_half_made_folder_is_made_again(tmp_path):
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    assert _answer(start_embedded(tmp_path), "SELECT 1") == 1
    release_embedded(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_users_home_is_a_sentence(home):
    program = (
        "import os, sys; from pathlib import Path; from kangqu.kernel.basis.embedded import start_embedded\n"
        "from kangqu.kernel.basis.trouble import Trouble\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: start_embedded(Path(sys.argv[1]))\n"
        "except Trouble as trouble: print(trouble)"
    )
    for parent in (home, *home.parents):
        parent.chmod(parent.stat().st_mode | 0o005)
    answer = subprocess.run([sys.executable, "-c", program, str(home)], capture_output=True, text=True, check=False)
    assert "belongs to another user" in answer.stdout, answer
