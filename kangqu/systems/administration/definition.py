"""Administration: institutions, staff and roles, the trace for the auditor, emergencies under review."""

from __future__ import annotations

CODE = "administration"
TITLE = "管理"
TITLE_EN = "Administration"
