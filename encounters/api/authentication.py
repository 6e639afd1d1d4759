"""Tokens of other systems; one that nobody has is an attempt, and stands in the trail."""

from typing import Any

from django.utils import timezone
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from encounters.audit import access


class RecordedTokenAuthentication(TokenAuthentication):
    """As the framework's, with an event for each refusal; the token itself is not kept."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """The user of a token. Raises AuthenticationFailed."""
        try:
            return super().authenticate_credentials(key)
        except AuthenticationFailed:
            access.sign_in_failed(name="", at=timezone.now(), by="token")
            raise
