from __future__ import annotations

from django.apps import AppConfig


class VenueCheckConfig(AppConfig):
    name = "kangqu.systems.venue_check"
    label = "venue_check"
    verbose_name = "场所查验"

    def ready(self) -> None:
        from kangqu.systems.venue_check import trials as trials

        del trials  # declared by being imported
