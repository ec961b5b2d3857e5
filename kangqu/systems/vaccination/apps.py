from __future__ import annotations

from django.apps import AppConfig


class VaccinationConfig(AppConfig):
    name = "kangqu.systems.vaccination"
    label = "vaccination"
    verbose_name = "预防接种"

    def ready(self) -> None:
        from kangqu.systems.vaccination.adverse import programme
        from kangqu.systems.vaccination.certificates import kind
        from kangqu.systems.vaccination.cold_chain.deciding import listen_for_decisions
        from kangqu.systems.vaccination.menu import fill_menu
        from kangqu.systems.vaccination.stock import checks

        del kind, checks, programme  # declared by being imported
        fill_menu()
        listen_for_decisions()
