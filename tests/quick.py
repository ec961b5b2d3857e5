"""``make check``: what every commit passes. Formatting, habits, types, layers, and the tests that are not slow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import IO

SPREAD = ("--no-header", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
"""Over three processes, file by file in the order of collection: two cores are kept busy while a browser is waited for."""

STEPS: tuple[tuple[str, ...], ...] = (
    ("ruff", "format", "--check", "--quiet", "."),
    ("ruff", "check", "--quiet", "."),
    ("importlinter.cli", "lint"),
    ("mypy", "--no-error-summary"),
    ("pytest", "-m", "not slow and not browser", "-x", *SPREAD),
)

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Tests start this project's programs hundreds of times: compiling them anew each time would cost minutes."""


def run(steps: tuple[tuple[str, ...], ...]) -> int:
    """Run the steps with this Python, the tests beside the others: those use one processor, and tests wait for their server.

    The first that fails stops the rest; its exit code is the answer. What the others print comes at the end.
    """
    beside = [step for step in steps if step[0] != "pytest"]
    with tempfile.TemporaryFile() as said:
        running = [_begin(step) for step in steps if step not in beside]
        running += [_begin(beside.pop(0), said)] if beside else []
        failed = None
        while running and failed is None:
            time.sleep(0.05)
            for done in [each for each in running if each.poll() is not None]:
                running.remove(done)
                failed = failed or (done if done.returncode else None)
                if beside and done.args[1:3] != ["-m", "pytest"] and failed is None:
                    running.append(_begin(beside.pop(0), said))
        for each in running:
            each.send_signal(signal.SIGINT)  # pytest ends its processes and its server then
            each.wait()
        said.seek(0)
        sys.stdout.write(said.read().decode(errors="replace"))
    if failed is not None:
        sys.stderr.write(f"failed: {' '.join(failed.args[1:])}\n")
        return failed.returncode
    return 0


class _Running(subprocess.Popen[bytes]):
    args: list[str]


def _begin(step: tuple[str, ...], said: IO[bytes] | None = None) -> _Running:
    module, *arguments = step
    how = ["-m", module, *arguments]
    if module == "importlinter.cli":
        how = ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return _Running([sys.executable, *how], env=_ENVIRONMENT, stdout=said, stderr=said)


if __name__ == "__main__":
    sys.exit(run(STEPS))
