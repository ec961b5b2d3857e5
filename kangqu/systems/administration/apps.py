from __future__ import annotations

from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    name = "kangqu.systems.administration"
    label = "administration"
    verbose_name = "管理"

    def ready(self) -> None:
        from kangqu.systems.administration.menu import fill_menu

        fill_menu()
