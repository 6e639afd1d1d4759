"""The addresses of a site that has been given the facility's own sign-in."""

from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import path

from infusion_coder import urls

urlpatterns = [
    path("login/oidc/<str:provider_id>/", oidc.login, name="openid_connect_login"),
    path("login/oidc/<str:provider_id>/callback/", oidc.callback, name="openid_connect_callback"),
    path("login/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("login/error/", social.login_error, name="socialaccount_login_error"),
    *urls.urlpatterns,
]
