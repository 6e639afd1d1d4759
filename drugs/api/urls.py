"""Addresses of the read endpoints, to stand under /api/v1/drugs/."""

from rest_framework.routers import SimpleRouter

from drugs.api.imports import ImportViewSet
from drugs.api.views import DrugViewSet

router = SimpleRouter()
router.register("imports", ImportViewSet, basename="import")
router.register("", DrugViewSet, basename="drug")

app_name = "drugs-api"
urlpatterns = router.urls
