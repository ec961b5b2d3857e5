"""A clinic that gives doses, and a family as the residents' portal has it."""

from tests.citizen.conftest import family  # noqa: F401 - a fixture
from tests.vaccination.records.conftest import clinic  # noqa: F401 - a fixture
