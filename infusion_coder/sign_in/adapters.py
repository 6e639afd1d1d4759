"""What the sign-in library asks this site: nobody signs up, outcomes stand in the trail, seeds are encrypted."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from encounters.audit import access


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the administration only; sign-ins and refusals are written down."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raise ValidationError, told to the trail, once a name or an address has failed too often."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            access.sign_in_failed(name=_name(credentials), at=timezone.now(), by="locked out")
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The name and the password do not belong together."""
        access.sign_in_failed(name=_name(credentials), at=timezone.now())

    def post_login(self, request: HttpRequest, user: User, **values: Any) -> HttpResponse:
        """Every step is passed: they are in."""
        access.signed_in(user=user, at=timezone.now())
        return super().post_login(request, user, **values)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """No mail is sent: the trail tells of each change, and the site needs no mail server."""


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """The facility's own sign-in names people; whether one has an account here is decided here."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody gets an account by signing in elsewhere."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The first time, the account is the one that the administration gave that name; none of that name is refused.

        Afterwards the provider's subject identifier stands for the account, whatever name it sends. Raises
        ImmediateHttpResponse.
        """
        if sociallogin.is_existing:
            return
        said = sociallogin.account.extra_data
        said = said.get("userinfo") or said.get("id_token") or said
        name = str(said.get(settings.OIDC_USERNAME_CLAIM) or "")
        user = User.objects.filter(username=name, is_active=True).first() if name else None
        if user is None or SocialAccount.objects.filter(user=user).exists():
            access.sign_in_failed(name=name, at=timezone.now(), by="oidc")
            raise ImmediateHttpResponse(
                render(request, "socialaccount/authentication_error.html", {"is_unknown": True}, status=403)
            )
        sociallogin.connect(request, user)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **values: Any) -> None:
        """The provider or the way back from it failed."""
        access.sign_in_failed(name="", at=timezone.now(), by="oidc")


class MfaAdapter(DefaultMFAAdapter):
    """Seeds of second factors lie encrypted in the database, so that a copy of it signs nobody in."""

    def get_totp_issuer(self) -> str:
        """What an authenticator app calls this site."""
        return "Infusion Coder"

    def encrypt(self, text: str) -> str:
        """The text under a key that is not in the database."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The text again. Raises cryptography.fernet.InvalidToken under another key."""
        return _box().decrypt(encrypted_text.encode()).decode()

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """No mail is sent, as above."""


def _box() -> MultiFernet:
    """Encrypts under SECRET_KEY; what an earlier key encrypted is still read."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor" + (key.encode())).digest())) for key in keys]
    )


def _name(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username", ""))
