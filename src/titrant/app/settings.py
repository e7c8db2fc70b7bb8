"""Django's settings, from the data folder and a few variables of the environment (docs/running.md)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.functional import SimpleLazyObject

from titrant.app import engine
from titrant.app.mailing import mail_server
from titrant.app.place import Place
from titrant.clinic.acts.subscribing import Reach

engine.put_in_place()
os.umask(0o077)  # whatever this process writes is for its owner alone

PLACE = Place.from_environment()
DEBUG = False
SECRET_KEY = PLACE.secret("django")
BEHIND_PROXY = os.environ.get("TITRANT_BEHIND_PROXY") == "1"
_HOSTS = [host for host in os.environ.get("TITRANT_HOSTS", "").split(",") if host]
ALLOWED_HOSTS = [*_HOSTS, "127.0.0.1", "localhost", "[::1]"]  # the machine itself asks for /health
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in _HOSTS] if BEHIND_PROXY else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ROOT_URLCONF = "titrant.app.urls"
WSGI_APPLICATION = "titrant.app.wsgi.application"

INSTALLED_APPS = [
    "titrant.web",  # before the sign-in library, so that its pages are ours
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "titrant.storage",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "titrant.web.middleware.headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "titrant.web.middleware.access",
]
TEMPLATES: list[dict[str, Any]] = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {
        "context_processors": [
            "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
            "titrant.web.context.everywhere",
        ],
        "builtins": ["titrant.web.templatetags.titrant"],
    },
}]  # fmt: skip


SQLITE_KEY = os.environ.get("TITRANT_KEY", "")  # 64 hexadecimal digits; then the database is encrypted


def _sqlite(path: Path) -> dict[str, Any]:
    """WAL with a full sync at every commit, and one writer at a time from the first statement on (rule 7)."""
    pragmas = [
        "PRAGMA journal_mode=WAL;", "PRAGMA synchronous=FULL;", "PRAGMA foreign_keys=ON;",
        "PRAGMA trusted_schema=OFF;", "PRAGMA temp_store=MEMORY;", "PRAGMA cache_size=-16384;",
    ]  # fmt: skip
    return {
        "ENGINE": "titrant.app.sqlite",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "".join(pragmas)}
        | ({"factory": engine.keyed(SQLITE_KEY)} if SQLITE_KEY else {}),
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.netloc.rpartition("@")[2].partition(":")[0]),  # also the folder of a socket, as it is
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"connect_timeout": 10},  # seconds; a database that stays silent is an error that is told
    }


_URL = os.environ.get("TITRANT_DATABASE", "")
DATABASES = {"default": _postgresql(_URL) if _URL else _sqlite(PLACE.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "storage.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "titrant.web.accounts.StaffAdapter"
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # counted in the database instead, for all workers (storage/throttle.py)
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
ACCOUNT_FORMS = {
    "login": "titrant.web.factor_forms.SignInPassword",
    "reauthenticate": "titrant.web.factor_forms.ConfirmingPassword",
    "change_password": "titrant.web.factor_forms.NewPassword",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Titrant"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "titrant.web.factor_forms.SignInCode",
    "reauthenticate": "titrant.web.factor_forms.ConfirmingCode",
    "activate_totp": "titrant.web.factor_forms.FirstCode",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_PROXY
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 60  # idle; web/sessions.py begins it anew at each request, and ends it after twelve hours
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "titrant.web.errors.not_from_here"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a cookie would carry names
MESSAGE_TAGS = {20: "note", 25: "ok", 30: "warn", 40: "stop"}
if BEHIND_PROXY:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-staff", "__Host-csrf"
    SECURE_HSTS_SECONDS = 31_536_000
else:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "staff", "csrf"
SECURE_REFERRER_POLICY = "same-origin"  # with none, browsers send "Origin: null" and no form can be checked
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = PLACE.folder / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400

_MAIL = mail_server(os.environ.get("TITRANT_SMTP", ""), os.environ.get("TITRANT_SMTP_PASSWORD", ""))
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.host, _MAIL.port, _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.starttls, _MAIL.tls
EMAIL_TIMEOUT = 10  # seconds for each answer of the mail server: one that stays silent holds nothing up
EMAIL_BACKEND = "titrant.app.mail_backend.Backend" if EMAIL_HOST else "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_FROM_EMAIL = os.environ.get("TITRANT_MAIL_FROM", "titrant@localhost")

# The push services of the browsers are known; a clinic that runs one of its own names it here.
_PUSH_SERVICES = tuple(one for one in os.environ.get("TITRANT_PUSH_SERVICES", "").lower().split(",") if one)
PUSH_REACH = SimpleLazyObject(lambda: Reach(_PUSH_SERVICES, demo=PLACE.is_demo))  # a new folder is no demo yet

# Logs hold an event and opaque ids; never a body, a name or a query string (safety.md, rule 16).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "titrant.app.logs.AllowedLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "titrant": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}

TITRANT_OFFICE = "titrant.app.wiring.office"
