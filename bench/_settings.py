"""The product's settings with the bare views beside it."""

from kangqu.site.settings import *  # noqa: F403

ROOT_URLCONF = "bench._urls"
