"""The cast of the pharmacy."""

from tests.tcm_pharmacy.cast import pharmacy as pharmacy
