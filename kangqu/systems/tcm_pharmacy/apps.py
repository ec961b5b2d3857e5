from __future__ import annotations

from django.apps import AppConfig


class TcmPharmacyConfig(AppConfig):
    name = "kangqu.systems.tcm_pharmacy"
    label = "tcm_pharmacy"
    verbose_name = "智慧中药房"

    def ready(self) -> None:
        from kangqu.systems.tcm_pharmacy import programme as programme
        from kangqu.systems.tcm_pharmacy.menu import fill_menu

        fill_menu()
