"""The desk's settings: one file, read from the environment, failing loudly.

``docs/operating.md`` lists each variable. ``CSIRT_MODE`` is ``production`` unless said otherwise:
``demo`` keeps everything under ``var/demo``, ``test`` is for the test suite, ``exercise`` is a
separate instance with its own database and a band on every page.
"""

from email.utils import parseaddr
from pathlib import Path
from typing import Any

import structlog
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from csirt import environment as env
from csirt import logs

BASE_DIR = Path(__file__).resolve().parent.parent
MODE = env.read("CSIRT_MODE", "production")
if MODE not in {"production", "demo", "test", "exercise"}:
    raise env.Misconfigured(f"CSIRT_MODE cannot be {MODE!r}: production, demo, test or exercise.")
DEMO = MODE == "demo"
TEST = MODE == "test"
EXERCISE = MODE == "exercise"
LOCAL = DEMO or TEST or EXERCISE  # no TLS in front, loopback only
MADE_UP = DEMO or EXERCISE  # keys are made under VAR, and mail is written there

if EXERCISE:  # nothing that leads to another desk is even read: no server, no key, no folder
    env.hear_only(
        {
            "CSIRT_VAR",
            "CSIRT_DATABASE_URL",
            "CSIRT_ORIGINS",
            "CSIRT_DESK_NAME",
            "CSIRT_DESK_PHONE",
            "CSIRT_P1_UNTAKEN_MINUTES",
            "CSIRT_NIS2_FR_IN_FORCE",
        }
    )
VAR = Path(env.read("CSIRT_VAR", str(BASE_DIR / "var" / MODE)))
# What the band of every page says of an exercise, from its scenario; empty until it is set up.
EXERCISE_BANNER = ""
if EXERCISE:
    EXERCISE_BANNER = env.exercise_folder(VAR).get("banner", "")
else:
    env.refuse_exercise_folder(VAR)


def _key(name: str) -> str:
    """A secret: from the environment; made once under var/ in the demonstration and in an exercise."""
    if TEST:
        return env.read(name, f"test-{name}-".ljust(64, "x"))
    return env.made_once(VAR / "keys" / name) if MADE_UP else env.read(name)


DEBUG = False
# "new,old": the first signs; what the others signed still counts.
SECRET_KEY, *SECRET_KEY_FALLBACKS = _key("CSIRT_SECRET_KEY").split(",")
CODE_KEY = _key("CSIRT_CODE_KEY").encode()
SEEDS_KEY = _key("CSIRT_SEEDS_KEY").encode()
# Numbered peppers: "1:secret,2:secret". All are tried, the last one named hashes new codes; a code's row
# names the one it was hashed with.
PEPPERS = env.numbered("CSIRT_PEPPER", _key("CSIRT_PEPPER"))
# Worker only: the PEM text of an Ed25519 private key. Without it no checkpoint is written.
CHECKPOINT_KEY = env.read("CSIRT_CHECKPOINT_KEY", "")
if MADE_UP and not CHECKPOINT_KEY:
    CHECKPOINT_KEY = env.made_once(VAR / "keys" / "CSIRT_CHECKPOINT_KEY", env.signing_key)
CHECKPOINT_FILE = Path(env.read("CSIRT_CHECKPOINT_FILE", str(VAR / "checkpoints.jsonl")))
# What was erased and revoked, beside it: done again after an older backup is restored.
LEDGER_FILE = CHECKPOINT_FILE.with_name("ledger.jsonl")
# Evidence is sealed for these age recipients. Worker only: the identities that open it again.
EVIDENCE_IDENTITIES = env.words("CSIRT_EVIDENCE_IDENTITY", "")
if LOCAL and not EVIDENCE_IDENTITIES:
    EVIDENCE_IDENTITIES = [
        env.made_once(VAR / "keys" / "CSIRT_EVIDENCE_IDENTITY", env.age_identity)
    ]
EVIDENCE_RECIPIENTS = (
    [env.age_recipient(identity) for identity in EVIDENCE_IDENTITIES]
    if LOCAL
    else env.words("CSIRT_EVIDENCE_RECIPIENT", "")
)
# Backups are sealed for these age recipients. The identity that opens them is not on this machine.
BACKUP_RECIPIENTS = env.words("CSIRT_BACKUP_RECIPIENT", "")
if LOCAL and not BACKUP_RECIPIENTS:
    _backup_key = env.made_once(VAR / "keys" / "backup.key", env.age_identity)
    BACKUP_RECIPIENTS = [env.age_recipient(_backup_key)]
BACKUP_DAYS = env.number("CSIRT_BACKUP_DAYS", 35)  # then a backup is deleted

ALLOWED_HOSTS = env.words("CSIRT_HOSTS", "127.0.0.1,localhost,[::1]" if LOCAL else "")
if TEST:
    ALLOWED_HOSTS += ["testserver"]
# Exact origins of the site, for CSRF and for the sockets' handshake.
ORIGINS = env.words("CSIRT_ORIGINS", ",".join(f"https://{host}" for host in ALLOWED_HOSTS))
CSRF_TRUSTED_ORIGINS = [origin for origin in ORIGINS if origin.startswith("https://")]
# The one proxy whose X-Forwarded-For and X-Forwarded-Proto are believed; none by default.
TRUSTED_PROXIES = env.words("CSIRT_TRUSTED_PROXIES", "")

DESK_NAME = env.read("CSIRT_DESK_NAME", "Cyber'Occ")
DESK_PHONE = env.read("CSIRT_DESK_PHONE", "0 800 71 13 13")
DESK_EMAIL = env.read("CSIRT_DESK_EMAIL", "csirt@cyberocc.fr")
# What only who runs the desk knows; its public pages say so while it is missing.
LEGAL = {
    "publisher": env.read("CSIRT_LEGAL_PUBLISHER", ""),
    "director": env.read("CSIRT_LEGAL_DIRECTOR", ""),
    "host": env.read("CSIRT_LEGAL_HOST", ""),
    "dpo": env.read("CSIRT_LEGAL_DPO", ""),
}
# Who bears it reads /metrics from anywhere; without one, this machine alone does.
METRICS_TOKEN = env.read("CSIRT_METRICS_TOKEN", "")
REFERENCE_PREFIX = env.read("CSIRT_REFERENCE_PREFIX", "EXO" if EXERCISE else "OCC")
# A UUID that names this desk as a STIX identity for ever: Cyber'Occ's, another desk sets its own.
DESK_IDENTITY = env.read("CSIRT_DESK_IDENTITY", "4ca45bf8-9057-4afa-a1a4-4af1c82b3584")
P1_UNTAKEN_MINUTES = env.number("CSIRT_P1_UNTAKEN_MINUTES", 15)  # then the leads hear of it
# Nothing is erased by age before somebody has decided how long things are kept; empty: undecided.
RETENTION = env.read("CSIRT_RETENTION", "")
if RETENTION not in {"", "on", "off"}:
    raise env.Misconfigured(f"CSIRT_RETENTION must be on or off, not {RETENTION!r}.")
NIS2_FR_IN_FORCE = env.switch("CSIRT_NIS2_FR_IN_FORCE", default=False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "channels",
    "csirt",
    "csirt.journal",
    "csirt.accounts",
    "csirt.directory",
    "csirt.web",
    "incidents",
    "playbooks",
    "playbooks.exercises",
    "api",
]

MIDDLEWARE = [
    "csirt.web.middleware.Compressed",
    "csirt.web.middleware.Edge",  # request id, client address, error mapping, body limit
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csirt.accounts.middleware.Sessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "csirt.accounts.middleware.Authentication",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "csirt.accounts.middleware.SecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "csirt.urls"
ASGI_APPLICATION = "csirt.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csirt.web.context.desk",
            ],
        },
    }
]

DATABASES = {
    "default": env.database(env.read("CSIRT_DATABASE_URL", f"sqlite:///{VAR / 'desk.sqlite3'}"))
}
_AT = DATABASES["default"].get("HOST", "")  # empty, or a folder: a socket of this machine
if EXERCISE and not (_AT in {"", *env.LOOPBACK} or _AT.startswith("/")):
    raise env.Misconfigured("CSIRT_DATABASE_URL names another machine: an exercise stays here.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.read("CSIRT_REDIS_URL", "")  # empty: the embedded profile
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "web_cache"}
}
SESSION_ENGINE = "csirt.accounts.sessions"  # rows that know whose they are
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "csirt.accounts.passwords.NotLeaked"},
    {"NAME": "csirt.accounts.passwords.NotOurWords"},
]
if TEST:  # slow hashes would be most of the suite's time
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "/comptes/connexion/"
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "csirt.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # nobody signs up; it gives the log-in its fields
ACCOUNT_EMAIL_VERIFICATION = "none"  # invitations prove the address
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = False  # ours, by account and source, in the database: csirt.accounts.limits
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds that a proof of who one is counts as recent
ACCOUNT_FORMS = {
    "login": "csirt.accounts.forms.LoginForm",
    "reauthenticate": "csirt.accounts.forms.ReauthenticateForm",
    "change_password": "csirt.accounts.forms.ChangePasswordForm",
}
MFA_ADAPTER = "csirt.accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "csirt.accounts.forms.CodeForm",
    "reauthenticate": "csirt.accounts.forms.ReauthenticateCodeForm",
    "authenticate_webauthn": "csirt.accounts.passkeys.CodeStageForm",
    "login_webauthn": "csirt.accounts.passkeys.LoginForm",
    "reauthenticate_webauthn": "csirt.accounts.passkeys.ReauthenticateForm",
}
MFA_RATE_LIMITS = False  # a passkey cannot be guessed; codes have csirt.accounts.limits
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # two factors at once
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = DESK_NAME
MFA_TOTP_TOLERANCE = 1  # periods of 30 s: a clock that is a little wrong
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
# An identity provider by OpenID Connect (csirt.accounts.identity); none without an issuer.
OIDC_ID = "region"
OIDC_ISSUER = env.issuer("CSIRT_OIDC_ISSUER")
OIDC_NAME = env.read("CSIRT_OIDC_NAME", "le fournisseur d'identité")
# Every address that this provider tells is its own, though it does not say "verified".
OIDC_TRUSTS_EMAIL = env.switch("CSIRT_OIDC_TRUSTS_EMAIL", default=False)
BREAK_GLASS = {word.lower() for word in env.words("CSIRT_BREAK_GLASS", "")}
SOCIALACCOUNT_ADAPTER = "csirt.accounts.identity.ProviderAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # form-action would stop a form that leads to another origin
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": OIDC_ID,
                "name": OIDC_NAME,
                "client_id": env.read("CSIRT_OIDC_CLIENT"),
                "secret": env.read("CSIRT_OIDC_SECRET"),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
# In the demonstration and in an exercise, and only on a loopback host, the second factor is optional; pages say so.
SECOND_FACTOR_OPTIONAL = MADE_UP

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "csirt.web.views.csrf_failure"
if EXERCISE:  # a cookie knows no port: another desk of this machine has its own
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "exercise-session", "exercise-csrf"
if not LOCAL:
    SESSION_COOKIE_NAME, SESSION_COOKIE_SECURE = "__Host-session", True
    CSRF_COOKIE_NAME, CSRF_COOKIE_SECURE = "__Host-csrf", True
    LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.switch("CSIRT_TLS_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = 63072000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SILENCED_SYSTEM_CHECKS = [
    "security.W021"
]  # to be preloaded by browsers for ever is the operator's choice
SECURE_REFERRER_POLICY = "same-origin"  # no-referrer makes Chromium send Origin: null -> 403
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
        "require-trusted-types-for": ["'script'"],
    }
}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français")), ("en", _("English"))]
LOCALE_PATHS = [
    BASE_DIR / room / "locale"
    for room in (
        "incidents/intake",
        "incidents/console",
        "incidents/notifications",
        "incidents",
        "playbooks",
        "api",
        "csirt/directory",
        "csirt/accounts",
        "csirt/web",
    )
]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = None if LOCAL else VAR / "static"
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_AUTOREFRESH = False
# Evidence, sealed: a folder, or an S3-compatible store when a bucket is named.
_FOLDER: dict[str, Any] = {
    "BACKEND": "incidents.evidence.folder.FolderStorage",
    "OPTIONS": {"location": env.read("CSIRT_EVIDENCE_FOLDER", str(VAR / "evidence"))},
}
_BUCKET: dict[str, Any] = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": env.read("CSIRT_S3_BUCKET", ""),
        "endpoint_url": env.read("CSIRT_S3_ENDPOINT", "") or None,
        "region_name": env.read("CSIRT_S3_REGION", "") or None,
        "access_key": env.read("CSIRT_S3_KEY", ""),
        "secret_key": env.read("CSIRT_S3_SECRET", ""),
        "addressing_style": "path",
        "default_acl": None,
        "max_memory_size": 8 * 1024 * 1024,  # what is read back goes to disk beyond that: sealed
    },
}
_BACKUP_BUCKET = env.read("CSIRT_BACKUP_BUCKET", "")
STORAGES = {
    "default": _BUCKET if env.read("CSIRT_S3_BUCKET", "") else _FOLDER,
    "backups": _BUCKET | {"OPTIONS": _BUCKET["OPTIONS"] | {"bucket_name": _BACKUP_BUCKET}}
    if _BACKUP_BUCKET
    else _FOLDER | {"OPTIONS": {"location": env.read("CSIRT_BACKUP_FOLDER", str(VAR / "backups"))}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Bytes and fields that one request may hold (the ASGI counter enforces the first while reading), and
# the seconds that it may take to arrive: with the page that says so, the line is closed within 60.
BODY_LIMIT = 2 * 1024 * 1024
BODY_SECONDS = env.number("CSIRT_BODY_SECONDS", 55)
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 10
# The view that takes files names its own. Whatever else reads such a body, the page that says the
# database is away among others, keeps nothing of a file: Django's own would, in clear, on the disk.
FILE_UPLOAD_HANDLERS: list[str] = []
EVIDENCE_MAX = env.number("CSIRT_EVIDENCE_MAX_MB", 25) * 1024 * 1024  # bytes of one file
EVIDENCE_FILES = env.number("CSIRT_EVIDENCE_FILES", 40)  # of one case, from the victim
# Bytes of disk that must stay free: below, no file is taken and words still are.
EVIDENCE_RESERVE = env.number("CSIRT_EVIDENCE_RESERVE_MB", 1024) * 1024 * 1024
# Reports at once, and again each hour, from one address (or sender of mail) and for the whole desk;
# what comes beyond takes a little effort and is set apart, never refused.
REPORTS_ADDRESS = env.number("CSIRT_REPORTS_ADDRESS", 15)
DRAFTS_ADDRESS = env.number("CSIRT_DRAFTS_ADDRESS", 60)
REPORTS_DESK = env.number("CSIRT_REPORTS_DESK", 120)
CLAMD = env.read("CSIRT_CLAMD", "")  # worker only: host:port or a socket's path; none: not scanned

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.v1.authentication.Personal",
        "api.v1.authentication.Session",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "api.v1.authentication.Scoped",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_PAGINATION_CLASS": "api.v1.pagination.Pages",
    "EXCEPTION_HANDLER": "api.v1.problems.handler",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Cyber'Occ incident desk",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}

# Mail leaves through SMTP and comes in through IMAP; neither is needed. The demonstration and an
# exercise write it under var/, whatever else is set: nothing of it ever leaves.
SMTP = env.MailServer() if MADE_UP else env.mail_server("CSIRT_SMTP_URL", "smtp")
IMAP = env.MailServer() if MADE_UP else env.mail_server("CSIRT_IMAP_URL", "imap")
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if DEMO else 'smtp'}.EmailBackend"
if EXERCISE:
    EMAIL_BACKEND = "playbooks.exercises.sink.Sink"
EMAIL_FILE_PATH = VAR / "mail"
EMAIL_HOST, EMAIL_PORT = SMTP.host, SMTP.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SMTP.user, SMTP.password
EMAIL_USE_SSL, EMAIL_USE_TLS = SMTP.security == "tls", SMTP.security == "starttls"
EMAIL_TIMEOUT = 10  # seconds for each step of the conversation: the worker waits meanwhile
DEFAULT_FROM_EMAIL = env.read("CSIRT_MAIL_FROM", DESK_EMAIL)
# Ours, which we never answer: the sender, the desk's address and the mailbox that is read.
OWN_ADDRESSES = {
    parseaddr(address)[1].lower() for address in (DEFAULT_FROM_EMAIL, DESK_EMAIL, IMAP.user)
} - {""}

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,  # the request's id
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        logs.without_values,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(20),
    cache_logger_on_first_use=not TEST,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "csirt.logs.Lines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # Their lines hold whole addresses, and with them the secrets of links: Edge says it better.
        "django.request": {"level": "CRITICAL"},
        "django.security": {"level": "CRITICAL"},
    },
}
