"""The settings that run in production, but for what only costs time in a test."""

import os
import tempfile

# A folder of its own for every test process, so that parallel ones and a running instance never meet. With DATABASE_URL
# and REDIS_URL given, only the secret key lies in it. tests/conftest.py removes it.
os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="infusion-coder-tests-")

from infusion_coder.settings import *  # noqa: E402, F403
from infusion_coder.settings import DATABASES, STORAGES  # noqa: E402

# The production backend, able to empty tables that refuse TRUNCATE.
DATABASES["default"]["ENGINE"] = "tests.postgresql"
# One round of a fast hash: no test is about how long a password takes to guess.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Files as they lie, without the collected and hashed copies.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
