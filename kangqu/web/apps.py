from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "kangqu.web"
    label = "web"
    verbose_name = "页面"
