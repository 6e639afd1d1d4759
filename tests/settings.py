"""The settings that run in production, but for what only costs time in a test."""

from infusion_coder.settings import *  # noqa: F403
from infusion_coder.settings import STORAGES

DEBUG = False
# One round of a fast hash: no test is about how long a password takes to guess.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Files as they lie, without the collected and hashed copies.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
