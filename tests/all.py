"""``make test``: everything, on the database the environment names.

With ``--asks-the-database`` only the tests that speak to that database (decision 0012): what knows nothing of it, the
formatting, types and layers too, says the same whatever server is named.
"""

from __future__ import annotations

import sys

from tests.quick import SPREAD, STEPS, run

if __name__ == "__main__":
    asked = sys.argv[1:]
    before = () if "--asks-the-database" in asked else STEPS[:-1]
    sys.exit(run((*before, ("pytest", *SPREAD, *asked))))
