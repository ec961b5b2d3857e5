from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "kangqu.kernel.access"
    label = "access"
    verbose_name = "权限"

    def ready(self) -> None:
        from kangqu.kernel.access import checks  # noqa: F401 - declares what kangqu check looks at
