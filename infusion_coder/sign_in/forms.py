"""The first step of a sign-in."""

from typing import Any

from allauth.account.forms import LoginForm
from django.utils import timezone

from encounters.audit import access


class SignInForm(LoginForm):
    """A name and a password; what cannot even be a name is an attempt as well."""

    def clean(self) -> dict[str, Any]:
        """The account, or the refusal, which stands in the trail."""
        if self.errors:
            access.sign_in_failed(name=str(self.data.get("login", "")), at=timezone.now())
        cleaned: dict[str, Any] = super().clean()
        return cleaned
