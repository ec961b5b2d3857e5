from __future__ import annotations

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    name = "kangqu.systems.appointments"
    label = "appointments"
    verbose_name = "预约诊疗"

    def ready(self) -> None:
        from kangqu.systems.appointments import kind, menu
        from kangqu.systems.appointments.booking import telling

        del kind  # declared by being imported
        telling.listen()
        menu.fill_menu()
