from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "kangqu.kernel.access"
    label = "access"
    verbose_name = "权限"
