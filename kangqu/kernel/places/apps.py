from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "kangqu.kernel.places"
    label = "places"
    verbose_name = "地点与机构"

    def ready(self) -> None:
        from kangqu.kernel.places import checks  # noqa: F401 - declares the invariants
