"""Addresses of the REST interface, to stand under /api/v1/."""

from rest_framework.routers import SimpleRouter

from encounters.api.clinic import QueryViewSet
from encounters.api.unmapped import UnmappedViewSet
from encounters.api.views import BatchViewSet, EncounterViewSet, LineViewSet, RunViewSet

router = SimpleRouter(trailing_slash=False)
router.register("encounters", EncounterViewSet, basename="encounter")
router.register("runs", RunViewSet, basename="run")
router.register("lines", LineViewSet, basename="line")
router.register("batches", BatchViewSet, basename="batch")
router.register("queries", QueryViewSet, basename="query")
router.register("drugs/unmapped", UnmappedViewSet, basename="unmapped")

app_name = "encounters-api"
urlpatterns = router.urls
