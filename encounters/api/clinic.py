"""Questions to the clinic over the interface: what is open, and its answers."""

from datetime import datetime
from operator import attrgetter
from typing import Any, cast

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from encounters.api.permissions import MayRead, MayTakeIn
from encounters.api.recorded import RecordedReads
from encounters.models import ClinicQuery
from encounters.review import queries
from encounters.review.hold import UnableToWork
from encounters.sites import seen_by


class QueryOutput(serializers.ModelSerializer[ClinicQuery]):
    """A question and how it stands; `administration` is the sender's id of what it is about."""

    encounter = serializers.IntegerField(source="review.encounter_id")
    administration = serializers.CharField(source="administration.external_id")

    class Meta:
        model = ClinicQuery
        fields = (
            "id",
            "encounter",
            "administration",
            "text",
            "answer_kind",
            "field",
            "choices",
            "asked_of",
            "asked_by_name",
            "asked_at",
            "expires_date",
            "state",
            "answer",
            "answered_by_name",
            "closed_at",
        )
        read_only_fields = fields


class AnswerInput(serializers.Serializer[ClinicQuery]):
    """An answer in words, and the value that the question asks for; times in ISO 8601 with an offset."""

    answer = serializers.CharField(max_length=500)
    value = serializers.CharField(required=False, allow_null=True, max_length=60)
    answered_by = serializers.CharField(max_length=150)

    def validate_value(self, value: str | None) -> str | None:
        """A time with its offset, where one is asked for."""
        if value and self.context["answer_kind"] == "time":
            try:
                moment = datetime.fromisoformat(value)
            except ValueError as error:
                message = "A time is written in ISO 8601 with its offset."
                raise serializers.ValidationError(message) from error
            if moment.tzinfo is None:
                message = "The time needs its offset from UTC."
                raise serializers.ValidationError(message)
        return value


class QueryViewSet(RecordedReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[ClinicQuery]):
    """Questions to the clinic: read, and answered."""

    encounter_of = attrgetter("review.encounter_id")
    encounter_path = "review__encounter"
    queryset = ClinicQuery.objects.select_related("review", "administration").order_by("-pk")
    serializer_class = QueryOutput
    filterset_fields = ("state",)

    def get_queryset(self) -> Any:  # Django's query sets are generic
        """Of the sites that the user works for."""
        return super().get_queryset().filter(seen_by(self.request.user, "review__location"))

    def get_permissions(self) -> list[Any]:
        """Answering needs the right to read as well: the question names what was given to whom."""
        return [MayRead(), MayTakeIn()] if self.request.method == "POST" else [MayRead()]

    @extend_schema(
        request=AnswerInput,
        responses={200: QueryOutput, 409: OpenApiResponse(description="It is closed, or the value cannot be.")},
    )
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str | None = None) -> Response:
        """Record the clinic's answer. The value is charted as an addendum and the encounter coded again."""
        query = self.get_object()
        said = AnswerInput(data=request.data, context={"answer_kind": query.answer_kind})
        said.is_valid(raise_exception=True)
        try:
            answered = queries.answer(
                query=query,
                answer=said.validated_data["answer"],
                value=said.validated_data.get("value"),
                answered_by=said.validated_data["answered_by"],
                user=cast("User", request.user),
                at=timezone.now(),
            )
        except UnableToWork as refusal:
            return Response({"detail": str(refusal)}, status=status.HTTP_409_CONFLICT)
        except ValueError as error:
            raise ValidationError({"value": [str(error)]}) from error
        return Response(QueryOutput(answered).data)
