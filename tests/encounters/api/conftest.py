"""People and clients of the interface."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from encounters.models import Location

ClientOf = Callable[[str | None], APIClient]


@pytest.fixture
def client_of(db: None) -> ClientOf:
    """A client with the token of somebody of that group; None: without a token, "nobody": without a group."""

    def make(group: str | None) -> APIClient:
        client = APIClient()
        if group is not None:
            user = User.objects.create_user(username=f"a-{group}")
            if group != "nobody":
                user.groups.add(Group.objects.get(name=group))
            client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
        return client

    return make


@pytest.fixture
def clinic(db: None) -> Location:
    """The clinic that messages name."""
    return Location.objects.create(
        code="north", name="North infusion centre", setting="facility", place_of_service="22"
    )
