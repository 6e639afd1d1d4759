"""The unmapped inbox over the interface: what waits, and what it is."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from drugs.models import Drug, Product
from encounters import recoding, tasks, unmapped
from encounters.models import Recoding


class MayMaintain(BasePermission):
    """Users who maintain the formulary."""

    message = "Deciding what a charted name is needs the permission “maintain formulary”."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds it."""
        return request.user.has_perm(unmapped.MAINTAIN)


class WaitingOutput(serializers.Serializer[object]):
    """A charted name that nobody could resolve."""

    name = serializers.CharField(help_text="Made comparable: lower case, single spaces.")
    why = serializers.CharField()
    encounters = serializers.IntegerField()
    administrations = serializers.IntegerField()
    oldest = serializers.DateField(help_text="Oldest date of service that waits.")
    value = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="US dollars of those encounters.")


class MapInput(serializers.Serializer[object]):
    """What a waiting name is."""

    name = serializers.CharField(max_length=200, trim_whitespace=False)
    drug = serializers.PrimaryKeyRelatedField(queryset=Drug.objects.all())
    product = serializers.PrimaryKeyRelatedField(
        queryset=Product.objects.current(), required=False, allow_null=True, default=None
    )
    source = serializers.CharField(max_length=300, help_text="On what ground.")  # type: ignore[assignment]


class ProgressOutput(serializers.Serializer[object]):
    """How far the encounters that waited are."""

    id = serializers.IntegerField(source="recoding.pk")
    reason = serializers.CharField(source="recoding.reason")
    encounters = serializers.IntegerField()
    coded = serializers.IntegerField()
    is_finished = serializers.BooleanField()


class UnmappedViewSet(GenericViewSet[Recoding]):
    """What arrived and nobody could resolve, most frequent first."""

    queryset = Recoding.objects.none()
    permission_classes = [MayMaintain]
    filter_backends = []
    lookup_value_regex = r"\d+"

    @extend_schema(responses=WaitingOutput(many=True))
    def list(self, request: Request) -> Response:
        """The waiting names, a page at a time."""
        page = self.paginate_queryset(unmapped.waiting(user=cast("User", request.user)))
        return self.get_paginated_response(WaitingOutput(page, many=True).data)

    @extend_schema(request=MapInput, responses={202: ProgressOutput})
    @action(detail=False, methods=["post"], pagination_class=None)
    def map(self, request: Request) -> Response:
        """Decide what a name is; all encounters that wait for it are coded again."""
        said = MapInput(data=request.data)
        said.is_valid(raise_exception=True)
        asked: dict[str, Any] = said.validated_data
        try:
            wanted = unmapped.map_name(**asked, by=cast("User", request.user), at=timezone.now())
        except unmapped.UnableToMap as error:
            raise ValidationError({"name": [str(error)]}) from error
        tasks.nudge_recoding(recoding_id=wanted.pk)
        progress = recoding.progress(recoding_id=wanted.pk)
        return Response(ProgressOutput(progress).data, status=status.HTTP_202_ACCEPTED)
