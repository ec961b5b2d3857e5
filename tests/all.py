"""``make test``: everything, on the database the environment names."""

from __future__ import annotations

import sys

from tests.quick import STEPS, run

if __name__ == "__main__":
    sys.exit(run((*STEPS[:-1], ("pytest", "--no-header", "-n", "2", "--dist", "loadfile", *sys.argv[1:]))))
