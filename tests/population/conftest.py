"""The population's cast: the administration's town, with residents of a village and staff who serve it."""

from __future__ import annotations

from tests.administration.conftest import town as town
