from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "kangqu.kernel.people"
    label = "people"
    verbose_name = "居民"

    def ready(self) -> None:
        from kangqu.kernel.people import checks  # noqa: F401 - declares the invariants
