"""Settings of the console, from the environment. Every variable begins with LVS_.

A secret can be given as a file: LVS_SECRET_KEY_FILE beside LVS_SECRET_KEY. What is missing or wrong
stops the start with a message that names the variable.
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from lvs.agent.config import RedisLink, unreadable
from lvsconsole.addresses import is_safe_web, is_syslog
from lvsconsole.connections import (
    database,
    directors_address,
    redis_address,
    without_query,
)
from lvsconsole.sign_on import openid_connect
from lvsconsole.variables import (
    flag,
    hosts,
    is_web,
    items,
    log_level,
    origins,
    port,
    text,
    time_zone,
)

BASE_DIR = Path(__file__).resolve().parent.parent

DATA_DIR = Path(os.environ.get("LVS_DATA_DIR", BASE_DIR / "var"))
"""Where the embedded default keeps its database and keys. Production names each by a variable."""

DEBUG = flag("LVS_DEBUG", False)
SECRET_KEY = text("LVS_SECRET_KEY", "for-development-only-not-a-secret" if DEBUG else None)
SECRET_KEY_FALLBACKS = [key for key in [text("LVS_SECRET_KEY_BEFORE", "")] if key]
ALLOWED_HOSTS = hosts("LVS_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = origins("LVS_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "apps.accounts",  # before Django's auth, two of whose commands it switches off
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "lvsconsole.staticfiles.ConsoleStaticFiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "django_filters",
    "channels",
    "apps.audit",
    "apps.inventory",
    "apps.trust",
    "apps.telemetry",
    "apps.changes",
    "apps.jobs",
    "apps.drains",
    "apps.notify",
    "apps.api",
    "apps.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "apps.audit.middleware.RequestOriginMiddleware",
    "apps.web.texts.TextsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.web.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.web.middleware.SessionSeenMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "lvsconsole.urls"
ASGI_APPLICATION = "lvsconsole.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.web.context.console",
            ],
        },
    }
]

# --- database ------------------------------------------------------------------------------------
if not (os.environ.get("LVS_DATABASE_URL") or os.environ.get("LVS_DATABASE_URL_FILE")):
    try:
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds sessions and passwords
    except OSError as error:
        raise ImproperlyConfigured(f"LVS_DATA_DIR: {error}") from error
DATABASES = {
    "default": database(
        "LVS_DATABASE_URL", text("LVS_DATABASE_URL", f"sqlite:///{DATA_DIR / 'console.sqlite3'}")
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Web, worker and relay share the file: WAL lets readers go on beside a writer, IMMEDIATE takes
    # the write lock at the start, so that a transaction waits instead of failing half way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

else:  # one that is frozen takes connections and never answers: psycopg would wait for two minutes
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

# --- people --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "web:sign-in"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "web:sign-in"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = "apps.accounts.lockout.counted_by"
AXES_USERNAME_CALLABLE = "apps.accounts.lockout.counted_name"
AXES_LOCKOUT_CALLABLE = "apps.web.views.sign_in.locked_out"
AXES_SENSITIVE_PARAMETERS = [
    # "password" always is; and every other field of ours in which a secret is typed:
    *("old_password", "password_again", "code", "credential"),
    *("username", "ip_address", "csrfmiddlewaretoken"),
]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # nobody can keep somebody else out for ever
# django-allauth: our own pages, and none of its own. Axes counts what fails, for all processes at once.
ACCOUNT_ADAPTER = "apps.accounts.adapters.DoorAdapter"
ACCOUNT_RATE_LIMITS = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
MFA_ADAPTER = "apps.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "LVS Console"
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a phone's clock may differ
MFA_RECOVERY_CODE_DIGITS = 10
CONFIRMED_FOR = (
    10 * 60
)  # seconds after which who changes a second factor must show anew who they are

# --- single sign-on ------------------------------------------------------------------------------
OIDC_ISSUER = os.environ.get("LVS_OIDC_ISSUER", "")
"""Address of an OpenID Connect provider, exactly as it names itself; "" = no single sign-on."""

OIDC_NAME = os.environ.get("LVS_OIDC_NAME", "single sign-on")
OIDC_GROUPS_CLAIM = os.environ.get("LVS_OIDC_GROUPS_CLAIM", "groups")
OIDC_USERNAME_CLAIM = os.environ.get("LVS_OIDC_USERNAME_CLAIM", "preferred_username")
OIDC_SCOPES = items("LVS_OIDC_SCOPES", "openid,profile")
OIDC_TRUSTS_SECOND_FACTOR = flag("LVS_OIDC_TRUSTS_SECOND_FACTOR", False)
LOCAL_SIGN_IN = flag("LVS_LOCAL_SIGN_IN", True)
"""no: passwords are for administrators only, when the provider is away."""

if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS = openid_connect(
        issuer=OIDC_ISSUER,
        name=OIDC_NAME,
        client_id=text("LVS_OIDC_CLIENT_ID"),
        secret=text("LVS_OIDC_CLIENT_SECRET"),
        scopes=OIDC_SCOPES,
    )
elif not LOCAL_SIGN_IN:
    raise ImproperlyConfigured("LVS_LOCAL_SIGN_IN is no, so LVS_OIDC_ISSUER must be set")
SOCIALACCOUNT_ADAPTER = "apps.accounts.adapters.SignOnAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds that the provider has for an answer

# --- the browser ---------------------------------------------------------------------------------
HTTPS = flag("LVS_HTTPS", False)  # the console stands behind TLS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 18 << 20  # an imported text of 8 MiB, whose line ends browsers double
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000  # the form takes fewer, and says so beside the field
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a real server has six: Django's 1,000 end at 166 of them
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
# The proxy with TLS redirects (W008); other names below this host's domain are not ours (W005, W021).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
USE_I18N = True
TIME_ZONE = time_zone("LVS_TIME_ZONE", "UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("LVS_STATIC_ROOT", BASE_DIR / "build" / "static"))
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/tabler/css", NODE_MODULES / "@tabler" / "core" / "dist" / "css"),
    ("vendor/htmx", NODE_MODULES / "htmx.org" / "dist"),
    ("vendor/uplot", NODE_MODULES / "uplot" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "lvsconsole.staticfiles.ConsoleStaticFilesStorage"},
}

# --- the API -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.api.door.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["apps.api.parsing.JsonBody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.api.door.TokenThrottle"],
    "DEFAULT_THROTTLE_RATES": {"token": "600/min"},  # of each token, in each web process
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "apps.api.errors.answer_to",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LVS Console",
    "DESCRIPTION": "What people do on the console's pages, for programs. See docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ChangeState": "apps.changes.models.Change.State",
        "RunState": "apps.jobs.models.Run.State",
    },
}

# --- Redis, Channels, Celery ---------------------------------------------------------------------
REDIS_URL = redis_address("LVS_REDIS_URL", text("LVS_REDIS_URL", "redis://127.0.0.1:6379/0"))
REDIS_CA = os.environ.get("LVS_REDIS_CA", "")
"""A file with the certificates of who may vouch for a Redis with TLS; "" = those that this host trusts."""
if REDIS_CA and (wrong := unreadable(REDIS_CA)):
    raise ImproperlyConfigured(f"LVS_REDIS_CA: {wrong}")
REDIS = RedisLink(REDIS_URL, REDIS_CA)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "lvsconsole.channel_layer.ConsoleChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    **REDIS.tls_options(),
                    "socket_connect_timeout": 2,
                    # After a restart of Redis the old connections are dead: the first use finds out,
                    # and nobody shall notice.
                    "retry": Retry(ConstantBackoff(0.05), 2),
                }
            ],
            "prefix": "lvs:channels",
        },
    }
}
SIGNING_KEY_FILE = Path(os.environ.get("LVS_SIGNING_KEY_FILE", DATA_DIR / "signing.key"))
"""Ed25519 private key of the console, PEM. Only the worker reads it."""

DIRECTOR_REDIS_URL = directors_address(
    "LVS_DIRECTOR_REDIS_URL", text("LVS_DIRECTOR_REDIS_URL", without_query(REDIS_URL))
)
"""How directors reach Redis; each has a user of its own there: one that is given here is left out."""

DIRECTOR_AWAY_AFTER = 10.0  # seconds of silence, while a relay is listening
AWAY_TOLD_AFTER = 60.0  # seconds of silence until people are told
RUN_DEADLINE = 15 * 60  # seconds until an unanswered run is called lost
RUN_SILENCE = 60  # seconds without a word, past its deadline, until a running run is called lost
RESEND_AFTER = 10  # seconds until an unanswered run is sent again
DELIVER_EVERY = 2.0  # seconds between two looks into the outbox
SPREAD_KEYS_EVERY = (
    10.0  # seconds between two looks for directors that don't know the console's keys
)
REAP_EVERY = 15.0  # seconds between two looks for lost runs
AUDIT_SEAL_EVERY = 60.0  # seconds between two signatures under the audit log's head

# --- the audit log, outside ----------------------------------------------------------------------
AUDIT_SEND_EVERY = 5.0  # seconds between two looks for records that are not outside yet
AUDIT_FILE = os.environ.get("LVS_AUDIT_FILE", "")  # JSON lines are appended to it
AUDIT_SYSLOG = os.environ.get("LVS_AUDIT_SYSLOG", "")
if AUDIT_SYSLOG and not is_syslog(AUDIT_SYSLOG):
    raise ImproperlyConfigured(
        "LVS_AUDIT_SYSLOG must be the path of a socket, tcp://host:port or udp://host:port, "
        f"not “{AUDIT_SYSLOG}”"
    )
AUDIT_WEBHOOK = text("LVS_AUDIT_WEBHOOK", "")
AUDIT_WEBHOOK_SECRET = text("LVS_AUDIT_WEBHOOK_SECRET", "")
if AUDIT_WEBHOOK and not is_safe_web(AUDIT_WEBHOOK):
    raise ImproperlyConfigured(
        "LVS_AUDIT_WEBHOOK must be an address that begins with https:// (http:// on this host only)"
    )
if AUDIT_WEBHOOK and len(AUDIT_WEBHOOK_SECRET) < 16:
    raise ImproperlyConfigured(
        "LVS_AUDIT_WEBHOOK_SECRET (or LVS_AUDIT_WEBHOOK_SECRET_FILE) must have 16 characters or more: "
        "it signs what LVS_AUDIT_WEBHOOK gets"
    )

# --- notifications -------------------------------------------------------------------------------
BASE_URL = os.environ.get("LVS_BASE_URL", "").rstrip("/")
"""Where browsers find the console, for links in e-mails and webhooks; "" = they carry none."""
if BASE_URL and not is_web(BASE_URL):
    raise ImproperlyConfigured(f"LVS_BASE_URL must begin with https://, not “{BASE_URL}”")
EMAIL_HOST = os.environ.get("LVS_SMTP_HOST", "")
"""The server that takes e-mails; "" = none are sent."""
_smtp_tls = os.environ.get("LVS_SMTP_TLS", "starttls").lower()
if _smtp_tls not in (_smtp_ports := {"starttls": 587, "tls": 465, "no": 25}):
    raise ImproperlyConfigured(f"LVS_SMTP_TLS must be starttls, tls or no, not “{_smtp_tls}”")
EMAIL_USE_TLS, EMAIL_USE_SSL = _smtp_tls == "starttls", _smtp_tls == "tls"
EMAIL_PORT = port("LVS_SMTP_PORT", _smtp_ports[_smtp_tls])
EMAIL_HOST_USER = os.environ.get("LVS_SMTP_USER", "")
EMAIL_HOST_PASSWORD = text("LVS_SMTP_PASSWORD", "")
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = os.environ.get("LVS_EMAIL_FROM", "")
if EMAIL_HOST and "@" not in DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured(
        "LVS_EMAIL_FROM must be set with LVS_SMTP_HOST: who e-mails are from"
    )

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "lvsconsole.logs.PatientHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": log_level("LVS_LOG_LEVEL", "INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        # A line for each beat of the worker would bury the rest; failures are told all the same.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.request": {"level": "WARNING"},  # beats that waited in vain behind another
        # It has a handler of its own, which would repeat a traceback for each page that comes again.
        "uvicorn.error": {"handlers": ["stderr"], "propagate": False},
    },
}
