from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def light_hashes(settings):
    settings.PASSWORD_HASHERS = ["tests.access.light.LightArgon2"]
