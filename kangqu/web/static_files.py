"""Static files gathered, named by their content and compressed, once per change, without a step anybody must remember."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import django_htmx
from django.conf import settings
from django.core.management import call_command

PACKAGE: Final = Path(__file__).resolve().parent.parent
# Of what packages bring, only what our pages load.
IGNORED: Final = ["htmax*", "htmx-4*", "htmx-2.js", "ext", "django-htmx.js"]


def ensure_collected(root: Path) -> None:
    """Gather the static files into ``root`` when one of them changed since the last time; one process does it, others wait."""
    root.mkdir(parents=True, exist_ok=True)
    stamp = root / ".stamp"
    now = _fingerprint()
    if stamp.exists() and stamp.read_text() == now:
        return
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == now:
            return
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=IGNORED)
        stamp.write_text(now)


def _fingerprint() -> str:
    parts = [settings.STATIC_URL, *IGNORED, *_seen(PACKAGE.glob("*/static")), *_seen(PACKAGE.glob("systems/*/static"))]
    parts += _seen([Path(django_htmx.__file__).parent / "static"])
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _seen(folders: Iterator[Path] | list[Path]) -> list[str]:
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    return [f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}" for file in files]
