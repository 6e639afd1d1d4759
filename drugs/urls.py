"""Addresses of the formulary's pages."""

from django.urls import path

from drugs.views import formulary, imports

app_name = "drugs"

urlpatterns = [
    path("", formulary.index, name="index"),
    path("gaps/", formulary.gaps, name="gaps"),
    path("<int:pk>/", formulary.detail, name="detail"),
    path("imports/", imports.index, name="imports"),
    path("imports/<int:pk>/", imports.detail, name="import"),
    path("imports/<int:pk>/progress/", imports.progress, name="import-progress"),
    path("imports/<int:pk>/progress/count/", imports.count, name="import-count"),
    path("imports/<int:pk>/conflicts/", imports.conflicts, name="import-conflicts"),
    path("imports/<int:pk>/encounters/", imports.encounters, name="import-encounters"),
    path("imports/<int:pk>/decide/", imports.decide, name="import-decide"),
    path("imports/<int:pk>/publish/", imports.publish, name="import-publish"),
    path("imports/<int:pk>/roll-back/", imports.roll_back, name="import-roll-back"),
    path("imports/<int:pk>/abandon/", imports.abandon, name="import-abandon"),
    path("imports/<int:pk>/compare/", imports.compare, name="import-compare"),
]
