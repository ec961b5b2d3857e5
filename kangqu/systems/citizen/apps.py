from __future__ import annotations

from django.apps import AppConfig


class CitizenConfig(AppConfig):
    name = "kangqu.systems.citizen"
    label = "citizen"
    verbose_name = "居民端"

    def ready(self) -> None:
        from kangqu.systems.citizen.looks import remember_look
        from kangqu.systems.citizen.menu import fill_menu
        from kangqu.web.pages import look_chosen

        fill_menu()
        look_chosen.connect(remember_look, dispatch_uid="citizen.look")
