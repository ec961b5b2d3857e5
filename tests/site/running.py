"""A ``kangqu`` command running as its users run it: a process of its own, on a port and in a home of its own."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

KANGQU = """
from django.contrib.auth.hashers import Argon2PasswordHasher as Hasher
Hasher.time_cost, Hasher.memory_cost, Hasher.parallelism = 1, 64, 1
from kangqu.site.cli import main
main()
"""
"""The command line, with little work in each password: a demo hashes one for every role, six seconds of computing."""


def migrated_home(home: Path) -> Path:
    """Make ``home`` one that was opened before by this version, with empty tables; for who does not test that opening.

    A copy of one made once for all processes and runs of the tests, of this code.
    """
    kept = Path(os.environ["KANGQU_HOME"]).absolute() / f"opened-{_version()}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with (kept.parent / "opened.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in kept.parent.glob("opened-*"):
                shutil.rmtree(old)
            new = kept.with_name("opened-unfinished")
            done = kangqu("migrate", home=new)
            assert done.returncode == 0, done.stdout + done.stderr
            new.rename(kept)
    subprocess.run(["cp", "-a", str(kept), str(home)], check=True)
    return home


def _version() -> str:
    root = Path(__file__).resolve().parents[2]
    files = [path for path in (root / "kangqu").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    content = hashlib.sha256()
    for path in sorted([*files, root / "requirements" / "test.lock"]):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]


def kangqu(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that ends, run to its end, on the database of its own home unless another is named."""
    return program(KANGQU, *arguments, home=home, **environment)


def program(text: str, *arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program that ends, run to its end as a command is."""
    inherited = {name: value for name, value in os.environ.items() if name != "KANGQU_DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-c", text, *arguments],
        env={**inherited, "KANGQU_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """``with Running("serve", home=…) as city: city.get("/health/live")``."""

    def __init__(self, *arguments: str, home: Path, **environment: str) -> None:
        self.port = free_port()
        self.home = home
        self.output = home.with_name(home.name + ".log")
        self._arguments = arguments
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "KANGQU_DATABASE_URL"},
            "KANGQU_HOME": str(home),
            "KANGQU_PORT": str(self.port),
            "KANGQU_LOG_LEVEL": "INFO",
            **environment,
        }

    def __enter__(self) -> Running:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", KANGQU, *self._arguments],
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and say with which exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def json(self, path: str) -> Any:
        return json.loads(self.get(path)[1])

    def wait_ready(self, seconds: float = 120) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.said()
            try:
                return self.get("/health/ready")[0] == 200
            except OSError:
                return False

        wait_for(ready, seconds, self.said)

    def said(self) -> str:
        return self.output.read_text()

    def postgres(self) -> list[str]:
        """The processes of the embedded server of this home."""
        return processes_of(self.home / "postgres")


def processes_of(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in (process / "cmdline").read_text():
                found.append(process.name)
        except OSError:
            continue
    return found


def wait_for(holds: Callable[[], bool], seconds: float, said: Callable[[], str] = lambda: "") -> None:
    for _ in range(round(seconds / 0.2)):
        if holds():
            return
        time.sleep(0.2)
    raise AssertionError(f"it did not come true in {seconds} s\n{said()}")
