"""A mother, her daughter, her son and strangers, as the residents' portal has them."""

from tests.citizen.conftest import family  # noqa: F401 - a fixture
