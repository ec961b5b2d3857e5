from __future__ import annotations

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "kangqu.systems.casework"
    label = "casework"
    verbose_name = "办件"

    def ready(self) -> None:
        from kangqu.systems.casework.menu import fill_menu

        fill_menu()
