"""The forecaster: which vaccines are due for somebody, from when until when, and why. Rules are data; no database, no clock."""

from kangqu.systems.vaccination.forecast.answer import Forecast, Judged, Missing, Next, SeriesForecast, Status, Validity
from kangqu.systems.vaccination.forecast.book import programmes
from kangqu.systems.vaccination.forecast.forecasting import forecast
from kangqu.systems.vaccination.forecast.person import Asked, Dose, Person
from kangqu.systems.vaccination.forecast.products import PRODUCTS, Product
from kangqu.systems.vaccination.forecast.reasons import Reason
from kangqu.systems.vaccination.forecast.shelf import default_programmes

__all__ = [
    "PRODUCTS",
    "Asked",
    "Dose",
    "Forecast",
    "Judged",
    "Missing",
    "Next",
    "Person",
    "Product",
    "Reason",
    "SeriesForecast",
    "Status",
    "Validity",
    "default_programmes",
    "forecast",
    "programmes",
]
