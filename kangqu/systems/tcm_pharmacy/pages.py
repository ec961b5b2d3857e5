"""Every page of the pharmacy."""

from __future__ import annotations

from kangqu.systems.tcm_pharmacy.board import pages as board
from kangqu.systems.tcm_pharmacy.desk import pages as desk
from kangqu.systems.tcm_pharmacy.line import pages as line
from kangqu.systems.tcm_pharmacy.patient import pages as patient
from kangqu.systems.tcm_pharmacy.prescribing import keys
from kangqu.systems.tcm_pharmacy.prescribing import pages as prescribing
from kangqu.systems.tcm_pharmacy.promises import news
from kangqu.systems.tcm_pharmacy.promises import pages as promises
from kangqu.systems.tcm_pharmacy.recall import call_pages as recalls
from kangqu.systems.tcm_pharmacy.recall import pages as recall
from kangqu.systems.tcm_pharmacy.recall import parts_pages as parts
from kangqu.systems.tcm_pharmacy.records import pages as records
from kangqu.systems.tcm_pharmacy.rulebook import pages as rulebook
from kangqu.systems.tcm_pharmacy.store import pages as store
from kangqu.systems.tcm_pharmacy.supervising import pages as supervising

urlpatterns = [
    *line.urlpatterns,
    *board.urlpatterns,
    *desk.urlpatterns,
    *store.urlpatterns,
    *promises.urlpatterns,
    *news.urlpatterns,
    *prescribing.urlpatterns,
    *keys.urlpatterns,
    *recall.urlpatterns,
    *parts.urlpatterns,
    *recalls.urlpatterns,
    *records.urlpatterns,
    *patient.urlpatterns,
    *supervising.urlpatterns,
    *rulebook.urlpatterns,
]
