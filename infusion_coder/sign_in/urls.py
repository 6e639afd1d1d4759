"""Addresses of signing in, of the second factor and of the session; only those of the library that are used here.

There is none to sign up, to reset a password by mail, or to connect accounts: the administration does the first two,
and the third happens by name.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.conf import settings
from django.urls import path

from encounters.views.sign_in import SignOut
from infusion_coder.sign_in import pages, timeout

urlpatterns = [
    path("login/", account.login, name="login"),
    path("login/", account.login, name="account_login"),
    path("login/second-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("account/closed/", pages.closed, name="account_inactive"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/password/", pages.ChangePassword.as_view(), name="password"),
    path("account/second-factor/", mfa.index, name="mfa_index"),
    path("account/second-factor/set-up/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/second-factor/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/second-factor/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/second-factor/recovery-codes/new/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path("session/", timeout.session, name="session"),
]
if settings.OIDC_SERVER:
    urlpatterns += [
        path("login/oidc/<str:provider_id>/", oidc.login, name="openid_connect_login"),
        path("login/oidc/<str:provider_id>/callback/", oidc.callback, name="openid_connect_callback"),
        path("login/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
        path("login/error/", social.login_error, name="socialaccount_login_error"),
    ]
