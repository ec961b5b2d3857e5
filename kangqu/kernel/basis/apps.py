from django.apps import AppConfig


class BasisConfig(AppConfig):
    name = "kangqu.kernel.basis"
    label = "basis"
    verbose_name = "根基"
