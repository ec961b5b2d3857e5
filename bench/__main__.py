"""``python -m bench``: every bench in turn; ``python -m bench NAME …``: one of them."""

from __future__ import annotations

import keyword
import pkgutil
import subprocess
import sys
from importlib import import_module

import bench

_HELPERS = {"measure"}


def names() -> list[str]:
    """Every bench there is."""
    return sorted(
        found.name.rstrip("_")  # import_ is called import: the bare word belongs to the language
        for found in pkgutil.iter_modules(bench.__path__)
        if not found.name.startswith("_") and found.name not in _HELPERS
    )


def main(arguments: list[str]) -> int:
    """Run the bench named first in ``arguments`` with the rest; ``all`` runs each in a process of its own."""
    name, *rest = arguments or ["all"]
    name = name.replace("-", "_")
    if name == "list":
        print("\n".join(names()))
        return 0
    if name == "all":
        codes = [
            subprocess.run([sys.executable, "-m", "bench", each, *rest], check=False).returncode for each in names()
        ]
        return max(codes, default=0)
    if name not in names():
        print(
            f"没有 {name} 这一项；有：{'、'.join(names())}。\nNo bench {name}; there are: {', '.join(names())}.",
            file=sys.stderr,
        )
        return 2
    return import_module(f"bench.{name}_" if keyword.iskeyword(name) else f"bench.{name}").main(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
