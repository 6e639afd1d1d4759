"""Read endpoints: search, one drug, and which drug a chart means."""

from datetime import date
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from drugs import selectors
from drugs.api.serializers import (
    DrugRecordSerializer,
    DrugSummarySerializer,
    OfCodeQuestionSerializer,
    PriceSerializer,
    QuestionSerializer,
    ResolutionSerializer,
    ResolveQuestionSerializer,
    SearchQuestionSerializer,
    StatusSerializer,
)
from drugs.models import Drug, Price, StatusIndicator

IDENTIFIER = OpenApiParameter("id", int, OpenApiParameter.PATH)


class DrugViewSet(GenericViewSet[Drug]):
    """The formulary, read only."""

    queryset = Drug.objects.none()
    filter_backends = []
    lookup_value_regex = r"\d+"

    @extend_schema(parameters=[SearchQuestionSerializer], responses=DrugSummarySerializer(many=True))
    def list(self, request: Request) -> Response:
        """Drugs in the formulary on a date, or those that a search finds, a page at a time."""
        asked = _asked(SearchQuestionSerializer, request)
        found = selectors.search(asked.get("q", ""), on=_day(asked))
        page = self.paginate_queryset(found)
        return self.get_paginated_response(DrugSummarySerializer(page, many=True).data)

    @extend_schema(parameters=[IDENTIFIER, QuestionSerializer], responses=DrugRecordSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """All that the formulary says of one drug as of a date."""
        drug = get_object_or_404(Drug, pk=pk)
        record = selectors.drug_record(drug, on=_day(_asked(QuestionSerializer, request)))
        return Response(DrugRecordSerializer(record).data)

    @extend_schema(parameters=[OfCodeQuestionSerializer], responses=PriceSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def prices(self, request: Request) -> Response:
        """The payment limits of a code by quarter, the oldest first."""
        rows = Price.objects.current().filter(hcpcs=_code(request)).order_by("effective_from")
        return Response(PriceSerializer(rows, many=True).data)

    @extend_schema(parameters=[OfCodeQuestionSerializer], responses=StatusSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def statuses(self, request: Request) -> Response:
        """The OPPS status indicators of a code by quarter, the oldest first."""
        rows = StatusIndicator.objects.current().filter(hcpcs=_code(request)).order_by("effective_from")
        return Response(StatusSerializer(rows, many=True).data)

    @extend_schema(parameters=[ResolveQuestionSerializer], responses=ResolutionSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def resolve(self, request: Request) -> Response:
        """Which drug a chart means by a name, an NDC or a HCPCS code. Never a guess."""
        asked = _asked(ResolveQuestionSerializer, request)
        said = {key: asked.get(key) or None for key in ("name", "ndc", "hcpcs", "route")}
        return Response(ResolutionSerializer(selectors.resolve(on=_day(asked), **said)).data)


def _code(request: Request) -> str:
    question = OfCodeQuestionSerializer(data=request.query_params)
    question.is_valid(raise_exception=True)
    code: str = question.validated_data["code"]
    return code


def _asked(serializer: type[QuestionSerializer], request: Request) -> dict[str, Any]:
    question = serializer(data=request.query_params)
    question.is_valid(raise_exception=True)
    asked: dict[str, Any] = question.validated_data
    return asked


def _day(asked: dict[str, Any]) -> date:
    on: date | None = asked.get("on")
    return on or timezone.localdate()
