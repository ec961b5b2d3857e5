"""``make test``: everything, on the database the environment names."""

from __future__ import annotations

import sys

from tests.quick import SPREAD, STEPS, run

if __name__ == "__main__":
    sys.exit(run((*STEPS[:-1], ("pytest", *SPREAD, *sys.argv[1:]))))
