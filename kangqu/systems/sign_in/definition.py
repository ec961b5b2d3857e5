"""Signing in: staff, residents, systems; their own account."""

from __future__ import annotations

CODE = "sign_in"
TITLE = "登录"
TITLE_EN = "Signing in"
