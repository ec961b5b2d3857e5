from django.apps import AppConfig


class TraceConfig(AppConfig):
    name = "kangqu.kernel.trace"
    label = "trace"
    verbose_name = "痕迹"
