"""Makes ``.tools``: a virtual environment with the installer of the others. Run by ``make`` with the system's Python.

Debian ships Python without ``ensurepip``: then pip is taken from its wheel, installed or fetched from the machine's own
package source, which needs no root.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

_WHEELS = "usr/share/python-wheels"


def main() -> int:
    """Make it, or say in a sentence what is missing; the exit code is 0 when it stands."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one is what runs this to be told
        return _missing("康衢需要 Python 3.11 或更新版本。", "Kangqu needs Python 3.11 or newer.")
    try:
        import ensurepip  # noqa: F401 - is it there?
    except ImportError:
        venv.create(".tools", clear=True)
        with tempfile.TemporaryDirectory() as folder:
            pip = _wheel(Path("/")) or _fetched(Path(folder))
            if pip is None:
                return _missing(
                    "缺少 Debian 的 python3-venv，也取不到 python3-pip-whl：请先 apt-get install python3-venv。",
                    "Debian's python3-venv is missing and python3-pip-whl cannot be fetched: apt-get install python3-venv.",
                )
            return _install([sys.executable, f"{pip}/pip", "--python", ".tools/bin/python"])
    venv.create(".tools", clear=True, with_pip=True)
    return _install([".tools/bin/python", "-m", "pip"])


def _install(pip: list[str]) -> int:
    wanted = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    return subprocess.run([*pip, *wanted, "--requirement", "requirements/tools.lock"], check=False).returncode


def _wheel(root: Path) -> Path | None:
    return next(iter(sorted((root / _WHEELS).glob("pip-*.whl"))), None)


def _fetched(folder: Path) -> Path | None:
    """Debian's wheel of pip, unpacked into ``folder``."""
    try:
        subprocess.run(["apt-get", "-qq", "download", "python3-pip-whl"], check=True, cwd=folder)
        subprocess.run(["dpkg-deb", "-x", *map(str, folder.glob("*.deb")), str(folder)], check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return _wheel(folder)


def _missing(zh: str, en: str) -> int:
    sys.stderr.write(f"{zh}\n{en}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
