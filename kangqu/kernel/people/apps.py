from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "kangqu.kernel.people"
    label = "people"
    verbose_name = "居民"
