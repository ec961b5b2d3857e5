"""登录 Signing in: staff by password and one-time code, residents by phone, systems by token."""
