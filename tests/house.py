"""Loaded before anything else: the PostgreSQL the tests run on, embedded unless one is named in the environment.

A test run keeps a home of its own, so that it never touches a city in ``var``.
"""

from __future__ import annotations

import os

os.environ.setdefault("KANGQU_HOME", "var/test")
os.environ.setdefault("KANGQU_LOG_LEVEL", "WARNING")  # a line for each request would bury what failed
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqu.site.settings")

from pathlib import Path

from hypothesis import settings

from kangqu.site.start import find_database

# Temporary folders of our own: every other run of pytest on the machine closes the shared ones to the server's user.
_TEMPORARY = Path(os.environ["KANGQU_HOME"]).absolute() / "tmp"
_TEMPORARY.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_TEMPORARY))

find_database()

# A busy machine makes no example wrong: how long one takes is not a test's to say.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
