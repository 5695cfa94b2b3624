"""Settings: the one place that knows every package. What differs by site comes from outside."""

from pathlib import Path

from environs import Env

from config.database import database_settings
from config.keys import load_keys
from config.logs import logging_settings
from config.places import places
from nuanxin.kernel import sealing

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
PLACES = places()
KEYS = load_keys(PLACES.data)
sealing.configure(
    sealing.SealingKeys(
        lookup_key=KEYS.identity_hmac_key,
        data_keys=KEYS.data_keys,
        algorithm=sealing.SM4_GCM if env.bool("NUANXIN_SM4", False) else sealing.AES_256_GCM,
    )
)

# The licence that 数读 is given away under, for its entry in catalogues of open data.
OPEN_DATA_LICENCE = env.str(
    "NUANXIN_OPEN_DATA_LICENCE", "https://creativecommons.org/licenses/by/4.0/"
)
# Borders of the counties that the operator brings (GeoJSON), and the number of the map they are from.
FIGURES_BOUNDARIES = env.str("NUANXIN_FIGURES_BOUNDARIES", "")
FIGURES_BOUNDARIES_NUMBER = env.str("NUANXIN_FIGURES_BOUNDARIES_NUMBER", "")
# A key of 天地图 puts a picture behind the finder's map; without one nothing is asked of a foreign host.
TIANDITU_KEY = env.str("NUANXIN_TIANDITU_KEY", "")
SECRET_KEY = KEYS.secret_key
CARD_PRIVATE_KEY_PEM = KEYS.card_private_key_pem
DEBUG = env.bool("NUANXIN_DEBUG", False)
ALLOWED_HOSTS = env.list("NUANXIN_HOSTS", ["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("NUANXIN_ORIGINS", [])
PUBLIC_ADDRESS = env.str("NUANXIN_PUBLIC_ADDRESS", "http://127.0.0.1:8000")
IS_HTTPS = PUBLIC_ADDRESS.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "config.presentation",
    "nuanxin.records",
    "nuanxin.people",
    "nuanxin.orgs",
    "nuanxin.access",
    "nuanxin.notices",
    "nuanxin.membership",
    "nuanxin.stations",
    "nuanxin.programmes",
    "nuanxin.figures",
    "nuanxin.desk",
]

MIDDLEWARE = [
    "nuanxin.access.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "nuanxin.desk.api.http.HttpMiddleware",
    "nuanxin.desk.api.problems.ProblemMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "nuanxin.access.middleware.RefusalMiddleware",
    "nuanxin.access.middleware.ActorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "config.presentation.context.frame",
                "nuanxin.access.middleware.frames.signed_in",
                "config.presentation.rail.desk_rail",
            ],
            "builtins": ["config.presentation.templatetags.nx"],
        },
    }
]

DATABASES = database_settings()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.Account"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SESSION_ENGINE = "nuanxin.access.middleware.sessions"
SESSION_COOKIE_NAME = "nuanxin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
# How many proxies of our own stand before us and add to X-Forwarded-For.
PROXIES_BEFORE_US = env.int("NUANXIN_PROXIES", 0)
NINJA_NUM_PROXIES = PROXIES_BEFORE_US
DESK_PATHS = ["/desk"]
ERROR_PAGE = "config.presentation.errors.render_error"
CSRF_FAILURE_VIEW = "config.presentation.pages.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = PLACES.data / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "config.assets.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILES_ROOT = PLACES.data / "files"

# What sends sign-in codes lies above the package that asks for it, so it is named here.
ACCESS_CODE_SENDER = "nuanxin.notices.actions.send_sms"
SMS_GATEWAY = env.str("NUANXIN_SMS_GATEWAY", "outbox")
OIDC_PROVIDERS = env.json("NUANXIN_OIDC_PROVIDERS", {})
IS_DEMONSTRATION = PLACES.manifest.exists()

PROCRASTINATE_IMPORT_PATHS = ["config.jobs"]
LOGGING = logging_settings()
