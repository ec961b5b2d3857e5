"""The family of the patient's page."""

from tests.tcm_pharmacy.patient.conftest import family as family
from tests.tcm_pharmacy.patient.conftest import floor as floor
