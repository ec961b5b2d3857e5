from __future__ import annotations

from django.apps import AppConfig


class PopulationConfig(AppConfig):
    name = "kangqu.systems.population"
    label = "population"
    verbose_name = "人口健康信息"

    def ready(self) -> None:
        from kangqu.systems.population.menu import fill_menu

        fill_menu()
