"""Loaded before anything else: the PostgreSQL the tests run on, embedded unless one is named in the environment.

A test run keeps a home of its own, so that it never touches a city in ``var``.
"""

from __future__ import annotations

import os

os.environ.setdefault("KANGQU_HOME", "var/test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqu.site.settings")

from kangqu.site.start import find_database

find_database()
