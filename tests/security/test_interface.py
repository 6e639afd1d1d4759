"""The REST interface asked by schemathesis, from its own OpenAPI description: no 500, no undeclared answer leaks."""

import json
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from rest_framework.authtoken.models import Token

from tests.factories.users import UserFactory
from tests.security.doors import world
from tests.security.test_hostile_input import IS_DEEP, LEAKS

pytestmark = pytest.mark.django_db

EXAMPLES = 300 if IS_DEEP else 6
"""Of each operation. The seed is fixed; what is drawn varies still with the words that stand in our own modules."""


@pytest.fixture
def token() -> str:
    """Of somebody with every role, so that nothing is refused before it is read."""
    world()
    user = UserFactory.create(username="zoe")
    user.groups.set(Group.objects.all())
    return Token.objects.create(user=user).key


def test_answers_whatever_it_is_asked(token: str) -> None:
    client = Client(raise_request_exception=False, headers={"Authorization": f"Token {token}"})
    described = client.get("/api/schema/?format=json")
    assert described.status_code == 200, described.content[:500]
    schema = schemathesis.openapi.from_dict(described.json())
    asked, wrong = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()

        @seed(20260115)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            body = case.body if isinstance(case.body, (dict, list, str, int, float, bool, type(None))) else ""
            query = {name: str(value) for name, value in (case.query or {}).items()}
            answer = client.generic(
                case.method.upper(),
                quote(case.formatted_path, safe="/%"),
                json.dumps(body),
                content_type="application/json",
                query_params=query,
            )
            text = answer.content.decode(errors="replace")
            if answer.status_code >= 500:
                wrong.append(f"{case.method} {case.formatted_path}: {answer.status_code} {text[:200]}")
            # An answer may say again what it was asked; only what nobody sent is a leak.
            sent = f"{case.formatted_path} {query} {json.dumps(body)}"
            leaks = [leak for leak in LEAKS if leak in text and leak not in sent]
            wrong.extend(f"{case.method} {case.path}: tells of {leak!r}" for leak in leaks)

        ask()
    assert asked >= EXAMPLES
    assert not wrong, "\n".join(sorted(set(wrong)))
