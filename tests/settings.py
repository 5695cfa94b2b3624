"""Settings of the test run: the product's own, with fixed keys and a throw-away data folder.

pytest reads this module before anything of Django (``DJANGO_SETTINGS_MODULE`` in pyproject.toml).
"""

import atexit
import base64
import os
import shutil
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def _card_key() -> str:
    key = Ed25519PrivateKey.from_private_bytes(b"card key of the test run: 32 byt")
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode().strip()


def _run_folder() -> Path:
    """Return the folder of this run: the parallel workers get it from the process above them."""
    if "NUANXIN_TEST_RUN" not in os.environ:
        folder = tempfile.mkdtemp(prefix="nuanxin-test-")
        os.chmod(folder, 0o711)  # the database's system user passes through
        os.environ["NUANXIN_TEST_RUN"] = folder
        os.environ["NUANXIN_TEST_RUN_OWNER"] = str(os.getpid())
        atexit.register(shutil.rmtree, folder, ignore_errors=True)  # read without pytest
    return Path(os.environ["NUANXIN_TEST_RUN"])


RUN_FOLDER = _run_folder()
os.environ |= {
    "NUANXIN_DATA": str(RUN_FOLDER / "data"),
    "NUANXIN_SECRET_KEY": "the test run's key, known to everybody",
    "NUANXIN_IDENTITY_HMAC_KEY": base64.b64encode(b"lookup key of the test run: 32 b").decode(),
    "NUANXIN_DATA_KEY": base64.b64encode(b"data key of the test run, 32 byt").decode(),
    "NUANXIN_CARD_PRIVATE_KEY": _card_key(),
}
os.environ.pop("NUANXIN_PROCESS", None)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, PLACES, STORAGES  # noqa: E402

# Argon2 takes its time on purpose: the tests have better uses for it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
PLACES.data.mkdir(parents=True, exist_ok=True)
Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # noqa: F405

# Names of one run, so that two runs on one server (DATABASE_URL) do not meet.
DATABASES["default"]["TEST"] = {
    "NAME": f"test_{RUN_FOLDER.name.replace('-', '_').lower()}",
    "TEMPLATE": f"base_{RUN_FOLDER.name.replace('-', '_').lower()}",
}
