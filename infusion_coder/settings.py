"""Settings: one file for every place it runs, everything that differs comes from the environment."""

from infusion_coder import embedded, env, logs, secret

# Everything that this instance writes outside its database lies here: the embedded servers' data, the collected static
# files, the secret key. Two instances on one machine differ in this and in PORT.
BASE_DIR = embedded.BASE_DIR
VAR_DIR = embedded.instance_dir()

# --- who may speak to it -------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", "") or secret.kept_key(VAR_DIR)
# Keys of before, the newest first: what they signed and encrypted is still read.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# Whether browsers reach it over TLS, ended by a proxy in front. Off at a desk, where there is no certificate.
BEHIND_TLS = env.flag("BEHIND_TLS", default=False)
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
# A load balancer asks for health in plain HTTP, from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_HSTS_PRELOAD = BEHIND_TLS
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
# Coders leave their desks: a session ends when nobody did anything for a while (45 CFR 164.312(a)(2)(iii)), in any
# case after a working day, and with the browser.
SESSION_IDLE_SECONDS = 60 * env.integer("SESSION_IDLE_MINUTES", default=30, low=1, high=12 * 60)
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Browsers keep cookies per host, not per port: two instances on one machine must not sign each other out.
SESSION_COOKIE_NAME = env.text("SESSION_COOKIE_NAME", "infusion_coder_session")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- what it is made of --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    # Before ours, whose administration stands in place of theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    # Ours, from the roof down; `rules` is plain Python and stays out.
    "infusion_coder.apps.InfusionCoderConfig",
    "encounters.apps.EncountersConfig",
    "drugs.apps.DrugsConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    # Exclusion constraints and range fields: no two codes of one drug in force on one day.
    "django.contrib.postgres",
    "django.contrib.sessions",
    # Without it `runserver` would serve static files itself, another way than production does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework.authtoken",
]
MIDDLEWARE = [
    "infusion_coder.middleware.RequestIdMiddleware",
    "infusion_coder.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Ends what is over before anything asks who is there.
    "infusion_coder.sign_in.timeout.TimeoutMiddleware",
    # Every page asks for a sign-in unless it says otherwise: forgetting a decorator shuts a door, never opens one.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "infusion_coder.sign_in.second_factor.SecondFactorMiddleware",
    "infusion_coder.sign_in.confirmation.ConfirmationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "infusion_coder.urls"
WSGI_APPLICATION = "infusion_coder.wsgi.application"
ASGI_APPLICATION = "infusion_coder.asgi.application"
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
            ],
        },
    },
]
# Messages name patients by initial and number: they stay on the server, not in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# Django's own, which reads a person and their permissions in one query instead of three: every page needs both.
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
# Memory-hard, so that a stolen table of hashes is dear to guess; older hashes are renewed at the next sign-in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- signing in ----------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["infusion_coder.authentication.PeopleWithPermissions"]
ACCOUNT_ADAPTER = "infusion_coder.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
# Accounts are made by the administration, which knows whose they are; no mail server is needed.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {"login": "infusion_coder.sign_in.forms.SignInForm"}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PRESERVE_USERNAME_CASING = True
# How long a password or a code confirms privileged acts.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * env.integer("CONFIRM_MINUTES", default=10, low=1, high=60)
# Five wrong passwords for a name, or twenty from an address, shut it for a while: guessing is slow, a coder who has
# forgotten waits five minutes. One address may be a whole clinic's.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key", "reauthenticate": "10/m/user"}
# Proxies in front whose X-Forwarded-For is believed; the address counts attempts.
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXIES", default=1 if BEHIND_TLS else 0, low=0, high=8)
MFA_ADAPTER = "infusion_coder.sign_in.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "infusion_coder.sign_in.second_factor.SecondStepForm",
    "reauthenticate": "infusion_coder.sign_in.second_factor.ConfirmationForm",
}
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# Groups that need a second factor, between commas; "all" is everybody, "none" nobody. A deployment asks everybody.
SECOND_FACTOR_ROLES = [
    role for role in env.words("SECOND_FACTOR_ROLES", default=("all",) if BEHIND_TLS else ("none",)) if role != "none"
]
# The facility's own sign-in, by OpenID Connect; off without OIDC_SERVER.
OIDC_SERVER = env.text("OIDC_SERVER", "")
OIDC_NAME = env.text("OIDC_NAME", "the facility's sign-in")
OIDC_USERNAME_CLAIM = env.text("OIDC_USERNAME_CLAIM", "preferred_username")
SOCIALACCOUNT_ADAPTER = "infusion_coder.sign_in.adapters.SocialAccountAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "facility",
                "name": OIDC_NAME,
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_SERVER},
            }
        ]
        if OIDC_SERVER
        else [],
    }
}

# --- where rows and nudges live ------------------------------------------------------------------------------------
DATABASES = {
    "default": env.database(env.text("DATABASE_URL", embedded.database_url(VAR_DIR)))
    | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.broker(env.text("REDIS_URL", embedded.redis_url(VAR_DIR)))
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = env.celery_broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task is acknowledged when it is done, and goes back when its worker dies: killing a worker loses nothing.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.integer("WORKER_CONCURRENCY", default=2, low=1, high=256)
# Coding one encounter takes milliseconds; ten minutes are for the import of a quarter's files.
CELERY_TASK_SOFT_TIME_LIMIT = 9 * 60
CELERY_TASK_TIME_LIMIT = 10 * 60
# Longer than any task may run, or the broker would hand a running task to a second worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 15 * 60, "socket_connect_timeout": 5}
# Results are rows. Nobody waits for a task's return value.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
# Leave the root logger to LOGGING below.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "sweep pending encounters": {
        "task": "encounters.tasks.sweep_pending",
        "schedule": 30.0,
        # A sweep that could not start before the next one is due would only do the next one's work.
        "options": {"expires": 25.0},
    },
    "sweep recodings": {
        "task": "encounters.tasks.sweep_recodings",
        "schedule": 60.0,
        "options": {"expires": 50.0},
    },
    "sweep studies of impact": {
        "task": "encounters.tasks.sweep_studies",
        "schedule": 60.0,
        "options": {"expires": 50.0},
    },
    "report formulary gaps": {
        "task": "drugs.tasks.report_formulary_gaps",
        "schedule": 24 * 3600.0,
        "options": {"expires": 3600.0},
    },
    "release expired claims": {
        "task": "encounters.tasks.release_expired_claims",
        "schedule": 30.0,
        "options": {"expires": 25.0},
    },
    "sweep imports of the formulary": {
        "task": "drugs.tasks.sweep_imports",
        "schedule": 30.0,
        "options": {"expires": 25.0},
    },
    "wake pended reviews": {
        "task": "encounters.tasks.wake_pended",
        "schedule": 15 * 60.0,
        "options": {"expires": 10 * 60.0},
    },
    "close questions that nobody answered": {
        "task": "encounters.tasks.expire_queries",
        "schedule": 60 * 60.0,
        "options": {"expires": 50 * 60.0},
    },
    "write a checkpoint of the trail": {
        "task": "encounters.tasks.write_checkpoint",
        "schedule": 15 * 60.0,
        "options": {"expires": 10 * 60.0},
    },
    "verify the trail": {
        "task": "encounters.tasks.verify_trail",
        "schedule": 24 * 3600.0,
        "options": {"expires": 12 * 3600.0},
    },
}

# The broker may be away for as long as it likes: the worker goes on trying, the rows wait.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Sending a nudge fails soon, because a person is waiting for the page and the sweep will find the row.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}

# --- rules ---------------------------------------------------------------------------------------------------------
# A facility's own policies beside the shipped ones; docs/adding-a-rule.md says what lies there.
POLICY_DIR = env.optional_folder("POLICY_DIR")

# --- files ---------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Names carry a hash of the content, so a browser may keep a file for ever and never show an old one.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Uploads of a hundred thousand rows are expected; what is larger than this is refused before it is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024

# --- the audit trail -----------------------------------------------------------------------------------------------
# Every event is authenticated and chained with it. It must not lie in the database or in its backups; without it no
# event can be verified.
AUDIT_KEY = env.text("AUDIT_KEY", "") or secret.kept_key(VAR_DIR, "audit_key")
# Keys that it was written with before, the newest first: they prove what is old, and write nothing.
AUDIT_KEY_FALLBACKS = env.words("AUDIT_KEY_FALLBACKS")
# Where the signed heads of the chains are written: a place that the database's administrators cannot write to.
CHECKPOINT_DIR = env.folder("CHECKPOINT_DIR", VAR_DIR / "checkpoints")
# HIPAA asks for six years (45 CFR 164.316(b)(2)(i)); nothing younger is ever purged.
AUDIT_KEEP_YEARS = env.integer("AUDIT_KEEP_YEARS", default=6, low=6, high=100)

# --- language and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
# The clinic's wall clock: dates of service are read off it.
TIME_ZONE = env.text("TIME_ZONE", "America/New_York")

# --- the REST interface --------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First, so that a request without a token is answered 401 and told how to sign in.
        "encounters.api.authentication.RecordedTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    # An interface that sends in a loop, or a stolen token that reads everything, is slowed down and told so: 429.
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": "60/min",
        "user": f"{env.integer('API_CALLS_PER_MINUTE', default=1200, low=1, high=1_000_000)}/min",
    },
    # JSON only: the browsable pages would need inline scripts, and the documentation has a try-out of its own.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "infusion_coder.pagination.BoundedPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Infusion Coder",
    "DESCRIPTION": "Administrations in, explained codes out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    # One name for each closed list, whatever the fields that hold it are called.
    "ENUM_NAME_OVERRIDES": {
        "SettingEnum": "encounters.models.patient.SETTINGS",
        "UnitEnum": "drugs.models.billing.Unit",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- the review queue ----------------------------------------------------------------------------------------------
# Encounters without findings whose lines came about by the same rules may be accepted in one act: so many at most, and
# this share of them, rounded up, goes to a second review instead.
BULK_ACCEPT_MOST = env.integer("BULK_ACCEPT_MOST", default=50, low=1, high=200)
BULK_ACCEPT_SAMPLED_PERCENT = env.integer("BULK_ACCEPT_SAMPLED_PERCENT", default=10, low=1, high=100)

# --- the demo ------------------------------------------------------------------------------------------------------
# The password of the demo users, who exist only in a database that `make run` found empty; it prints their names.
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "infusion-demo")

# --- logs ----------------------------------------------------------------------------------------------------------
LOGGING = logs.configuration(
    level=env.choice("LOG_LEVEL", default="INFO", among=frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})),
    style=env.choice("LOG_STYLE", default="CONSOLE", among=frozenset({"CONSOLE", "JSON"})),
)
