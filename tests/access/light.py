"""Argon2 as the product uses it, with little work: tests hash hundreds of passwords."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class LightArgon2(Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 64
    parallelism = 1
