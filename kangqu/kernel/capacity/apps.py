from __future__ import annotations

from django.apps import AppConfig


class CapacityConfig(AppConfig):
    name = "kangqu.kernel.capacity"
    label = "capacity"
    verbose_name = "号源"
