"""Django's settings, from the environment (``config.py``) and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from kangqu.kernel.basis.embedded import embedded_url
from kangqu.kernel.basis.postgres import database_named, django_database
from kangqu.kernel.basis.sealing import derive
from kangqu.site.config import CITIES, read_config
from kangqu.site.logs import log_settings
from kangqu.site.mqtt import read_mqtt
from kangqu.site.sms import read_sms
from kangqu.site.systems import SYSTEMS
from kangqu.site.telephone import telephone_config

CONFIG = read_config()
PACKAGE = Path(__file__).resolve().parent.parent

KANGQU_HOME = CONFIG.home
KANGQU_CITY = CONFIG.city
KANGQU_CITY_CODE = CITIES[CONFIG.city]
KANGQU_KEYS = CONFIG.secrets
# Who signs certificates, by the first name the city is served under (SMART Health Cards: https, no slash at the end).
KANGQU_ISSUER = f"https://{'localhost' if CONFIG.allowed_hosts[0] == '*' else CONFIG.allowed_hosts[0]}"
DEBUG = False
KANGQU_DEVELOPMENT = CONFIG.development
SECRET_KEY = derive(CONFIG.secrets[max(CONFIG.secrets)], "kangqu/django", 48).hex()
SECRET_KEY_FALLBACKS = [
    derive(secret, "kangqu/django", 48).hex()
    for number, secret in CONFIG.secrets.items()
    if number != max(CONFIG.secrets)
]
ALLOWED_HOSTS = list(CONFIG.allowed_hosts)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "oauth2_provider",
    "procrastinate.contrib.django",
    "kangqu.kernel.basis",
    "kangqu.kernel.trace",
    "kangqu.kernel.policies",
    "kangqu.kernel.places",
    "kangqu.kernel.people",
    "kangqu.kernel.access",
    "kangqu.kernel.capacity",
    "kangqu.kernel.notices",
    "kangqu.kernel.certificates",
    "kangqu.kernel.cases",
    "kangqu.web",
    *SYSTEMS,
]

MIDDLEWARE = [
    "kangqu.web.middleware.RequestFacts",
    "kangqu.site.middleware.SeeRequests",
    "kangqu.web.api.ProblemsForMachines",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kangqu.site.middleware.ForPages",
    "kangqu.web.middleware.Refusals",
]

# Programs (API, health, metrics) go past these.
KANGQU_PAGE_MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "kangqu.site.urls"
WSGI_APPLICATION = "kangqu.site.wsgi.application"

# The embedded server listens on a socket in its own data folder; commands start it before they connect.
_EMBEDDED = database_named(embedded_url(CONFIG.home), "kangqu")
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **django_database(CONFIG.database_url or _EMBEDDED),
        "CONN_MAX_AGE": None,  # a thread keeps its connection, and the statements prepared on it
        "ATOMIC_REQUESTS": False,
        "TEST": {"TEMPLATE": "template0"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.Account"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

# Tokens for systems. A token is kept only as its SHA-256; its scopes are those the served operations ask for.
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ACCESS_TOKEN_GENERATOR": "kangqu.kernel.access.tokens.new_access_token",
    "SCOPES_BACKEND_CLASS": "kangqu.kernel.access.tokens.ServedScopes",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
}

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
SESSION_ENGINE = "kangqu.site.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [CONFIG.home / "locale"]  # kangqu.web compiles the catalogues into it
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "kangqu.web.jinja.environment",
            "context_processors": ["kangqu.web.frame.frame"],
        },
    },
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [], "APP_DIRS": True, "OPTIONS": {}},
]

STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.home / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
CSRF_FAILURE_VIEW = "kangqu.web.pages.form_expired"

# Nothing is asked of another host; scripts and styles are files of our own, or carry the nonce of the request.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
SILENCED_SYSTEM_CHECKS = ["models.W042"]

# The SMS provider's keys, from KANGQU_HOME/sms.toml; the demo has a telephone of its own; without either messages are
# parked where the operator sees them.
KANGQU_DEMO = telephone_config(os.environ) is not None and read_sms(CONFIG.home) is None
KANGQU_SMS = read_sms(CONFIG.home) or telephone_config(os.environ)

# The broker machines report through; none is named where they report over the API alone.
KANGQU_MQTT = read_mqtt(os.environ, CONFIG.home)

PROCRASTINATE_IMPORT_PATHS = ["kangqu.site.tasks"]
KANGQU_METRICS_TOKEN = CONFIG.metrics_token
LOGGING = log_settings(CONFIG.log_level)

# Behind a proxy that speaks TLS.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = CONFIG.https
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.https else None
SECURE_REDIRECT_EXEMPT = [r"^health(/|$)", r"^metrics$"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 10
