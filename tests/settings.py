"""The settings that run in production, but for what only costs time in a test."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# One folder for a test run, removed by the process that made it, and in it one for each parallel process: they never
# meet each other or a running instance. With DATABASE_URL and REDIS_URL given, only the secret key lies there.
if "INFUSION_CODER_TEST_RUN" not in os.environ:
    os.environ["INFUSION_CODER_TEST_RUN"] = tempfile.mkdtemp(prefix="infusion-coder-tests-")
    atexit.register(shutil.rmtree, os.environ["INFUSION_CODER_TEST_RUN"], ignore_errors=True)
os.environ["VAR_DIR"] = str(Path(os.environ["INFUSION_CODER_TEST_RUN"]) / str(os.getpid()))

from infusion_coder.settings import *
from infusion_coder.settings import DATABASES, STORAGES

# The production backend, able to empty tables that refuse TRUNCATE.
DATABASES["default"]["ENGINE"] = "tests.postgresql"
# One round of a fast hash: no test is about how long a password takes to guess.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Files as they lie, without the collected and hashed copies.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
