from __future__ import annotations

from django.apps import AppConfig


class TcmPharmacyConfig(AppConfig):
    name = "kangqu.systems.tcm_pharmacy"
    label = "tcm_pharmacy"
    verbose_name = "智慧中药房"

    def ready(self) -> None:
        from kangqu.kernel.cases.listening import listen
        from kangqu.systems.tcm_pharmacy import decoction_trials as decoction_trials
        from kangqu.systems.tcm_pharmacy import programme as programme
        from kangqu.systems.tcm_pharmacy import trials as trials
        from kangqu.systems.tcm_pharmacy.following import listen_for_patients
        from kangqu.systems.tcm_pharmacy.line.boiling import on_scrapped
        from kangqu.systems.tcm_pharmacy.menu import fill_menu
        from kangqu.systems.tcm_pharmacy.promises.keeping import on_released
        from kangqu.systems.tcm_pharmacy.recall import programme as recall_programme
        from kangqu.systems.tcm_pharmacy.records import programmes as record_programmes
        from kangqu.systems.tcm_pharmacy.records.complaints import listen_for_complaints
        from kangqu.systems.tcm_pharmacy.supervising import checks as checks

        del (
            checks,
            programme,
            recall_programme,
            record_programmes,
            trials,
            decoction_trials,
        )  # declared by being imported
        listen("tcm.prescription.released", "tcm_pharmacy.promise", on_released)
        listen("tcm.prescription.scrapped", "tcm_pharmacy.pot", on_scrapped)
        listen_for_complaints()
        fill_menu()
        listen_for_patients()
