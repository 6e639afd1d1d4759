"""Addresses of the whole site. Each floor lists its own; this file says where they stand."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from encounters.views import sign_in
from encounters.views.home import home
from infusion_coder.health import healthz

urlpatterns = [
    path("", home, name="home"),
    path("", include("infusion_coder.sign_in.urls")),
    path("healthz", healthz, name="healthz"),
    path("admin/login/", sign_in.administration_sign_in),
    path("admin/logout/", sign_in.SignOut.as_view()),
    path("admin/password_change/", sign_in.administration_password_change),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # The variant whose script is a file of its own: the content security policy allows no script in a page.
    path(
        "api/docs/",
        require_safe(login_required(SpectacularSwaggerSplitView.as_view(url_name="api-schema"))),
        name="api-docs",
    ),
    path("api/v1/", include("encounters.api.urls")),
    path("api/v1/drugs/", include("drugs.api.urls")),
    path("drugs/", include("drugs.urls")),
    path("", include("encounters.urls")),
]

# The reference of the request stands on the page.
handler403 = "encounters.views.errors.refused"
handler500 = "encounters.views.errors.server_error"
