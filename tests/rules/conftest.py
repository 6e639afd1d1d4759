"""How many examples a property gets: 200, or what HYPOTHESIS_PROFILE names. Says when the rules are a native build."""

import os

import pytest
from hypothesis import HealthCheck, settings

from rules import engine

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("ci", max_examples=200, derandomize=True, database=None, **COMMON)
settings.register_profile("thorough", max_examples=10_000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

if os.environ.get("NATIVE_RULES") == "1" and engine.__file__.endswith(".py"):
    message = "NATIVE_RULES=1, and yet the plain rules are the ones on the path"
    raise pytest.UsageError(message)
