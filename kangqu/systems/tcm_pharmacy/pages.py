"""Every page of the pharmacy."""

from __future__ import annotations

from kangqu.systems.tcm_pharmacy.desk import pages as desk
from kangqu.systems.tcm_pharmacy.line import pages as line

urlpatterns = [*line.urlpatterns, *desk.urlpatterns]
