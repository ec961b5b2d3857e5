"""``make check``: what every commit passes. Formatting, habits, types, layers, and the tests that are not slow."""

from __future__ import annotations

import os
import subprocess
import sys

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
    """Run each step with this Python; stop at the first that fails and return its exit code."""
    for module, *arguments in steps:
        if module == "importlinter.cli":
            command = [
                sys.executable,
                "-c",
                "from importlinter.cli import lint_imports_command; lint_imports_command()",
            ]
        else:
            command = [sys.executable, "-m", module, *arguments]
        code = subprocess.run(command, check=False, env=_ENVIRONMENT).returncode
        if code:
            sys.stderr.write(f"{module} failed\n")
            return code
    return 0


if __name__ == "__main__":
    sys.exit(run(STEPS))
