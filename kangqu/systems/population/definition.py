"""Population: finding, registering and keeping residents; one person, one record; lists that come in and go out."""

from __future__ import annotations

CODE = "population"
TITLE = "人口健康信息"
TITLE_EN = "Population"
