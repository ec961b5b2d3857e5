"""The tables of vaccination: doses, what is known of a person for them, lots and stock, the clinic's day."""

from __future__ import annotations

from kangqu.systems.vaccination.clinic.models import Observation, PreCheck
from kangqu.systems.vaccination.records.models import Dose, Known
from kangqu.systems.vaccination.stock.models import Movement, OpenVial, Stock, VaccineLot

__all__ = ["Dose", "Known", "Movement", "Observation", "OpenVial", "PreCheck", "Stock", "VaccineLot"]
