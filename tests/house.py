"""Loaded before anything else: the PostgreSQL the tests run on, embedded unless one is named in the environment.

A test run keeps a home of its own, so that it never touches a city in ``var``.
"""

from __future__ import annotations

import os

os.environ.setdefault("KANGQU_HOME", "var/test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqu.site.settings")

if not os.environ.get("KANGQU_DATABASE_URL"):
    from kangqu.kernel.basis.postgres import start_embedded
    from kangqu.site.config import read_config
    from kangqu.site.start import database_named

    os.environ["KANGQU_DATABASE_URL"] = database_named(start_embedded(read_config().home), "kangqu")
