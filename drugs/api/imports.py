"""Read endpoints of imports: where each stands, how it differs, what is in its way."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from drugs import selectors
from drugs.models import Decision, FormularyImport, Group, ImportAct, ImportConflict, ImportDifference

IDENTIFIER = OpenApiParameter("id", int, OpenApiParameter.PATH)


class ImportSerializer(serializers.ModelSerializer[FormularyImport]):
    """An import and what became of it."""

    quarter = serializers.CharField(read_only=True)
    release = serializers.CharField(source="release.version", default=None)
    rolled_back_by = serializers.CharField(source="rolled_back_by.version", default=None)

    class Meta:
        model = FormularyImport
        fields = (
            "id",
            "kind",
            "quarter",
            "effective_from",
            "effective_until",
            "file_name",
            "sha256",
            "size",
            "state",
            "state_at",
            "requested_by_name",
            "requested_at",
            "rows_read",
            "rows_dropped",
            "problem_count",
            "problems",
            "error",
            "error_place",
            "affected",
            "release",
            "rolled_back_by",
        )


class GroupSerializer(serializers.Serializer[object]):
    """A group of differences and how far people are with it."""

    group = serializers.CharField(source="group.value")
    name = serializers.CharField(source="group.label")
    rows = serializers.IntegerField()
    open = serializers.IntegerField()
    first = serializers.IntegerField()
    approved = serializers.IntegerField()
    withheld = serializers.IntegerField()
    needs_second = serializers.BooleanField()


class DifferenceSerializer(serializers.ModelSerializer[ImportDifference]):
    """One row that would come, change or end."""

    class Meta:
        model = ImportDifference
        fields = (
            "id",
            "group",
            "table",
            "code",
            "ndc",
            "name",
            "line",
            "before",
            "after",
            "effective_from",
            "effective_until",
            "needs_second",
            "needs_own_decision",
            "decision",
        )


class ConflictSerializer(serializers.ModelSerializer[ImportConflict]):
    """What is not simply a difference."""

    class Meta:
        model = ImportConflict
        fields = ("kind", "code", "ndc", "line", "text", "is_to_settle")


class ActSerializer(serializers.ModelSerializer[ImportAct]):
    """What a person did."""

    class Meta:
        model = ImportAct
        fields = ("verb", "group", "differences", "by_name", "at", "reason")


class DifferenceQuestionSerializer(serializers.Serializer[object]):
    """Which differences are asked for."""

    group = serializers.ChoiceField(required=False, choices=Group.choices)
    decision = serializers.ChoiceField(required=False, choices=Decision.choices)
    q = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="Code, NDC or name.")


class ImportViewSet(GenericViewSet[Any]):
    """Imports of the formulary, read only, for those who maintain it."""

    queryset = FormularyImport.objects.none()
    serializer_class = ImportSerializer
    filter_backends = []
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[FormularyImport]:
        """The imports that the person may see."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.imports_for(self.request.user)

    @extend_schema(responses=ImportSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Imports, the newest first, a page at a time."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ImportSerializer(page, many=True).data)

    @extend_schema(parameters=[IDENTIFIER], responses=ImportSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One import."""
        return Response(ImportSerializer(self._found(pk)).data)

    @extend_schema(parameters=[IDENTIFIER], responses=GroupSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def groups(self, request: Request, pk: str) -> Response:
        """The groups that its differences fall into."""
        return Response(GroupSerializer(selectors.groups_of(self._found(pk), user=request.user), many=True).data)

    @extend_schema(parameters=[IDENTIFIER, DifferenceQuestionSerializer], responses=DifferenceSerializer(many=True))
    @action(detail=True)
    def differences(self, request: Request, pk: str) -> Response:
        """Its differences, a page at a time."""
        question = DifferenceQuestionSerializer(data=request.query_params)
        question.is_valid(raise_exception=True)
        asked: dict[str, Any] = question.validated_data
        rows = selectors.differences_of(
            self._found(pk),
            user=request.user,
            group=asked.get("group", ""),
            decision=asked.get("decision", ""),
            search=asked.get("q", ""),
        )
        return self.get_paginated_response(DifferenceSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(parameters=[IDENTIFIER], responses=ConflictSerializer(many=True))
    @action(detail=True)
    def conflicts(self, request: Request, pk: str) -> Response:
        """Its conflicts, a page at a time."""
        rows = selectors.conflicts_of(self._found(pk), user=request.user)
        return self.get_paginated_response(ConflictSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(parameters=[IDENTIFIER], responses=ActSerializer(many=True))
    @action(detail=True)
    def acts(self, request: Request, pk: str) -> Response:
        """Who did what, the newest first, a page at a time."""
        rows = selectors.acts_of(self._found(pk), user=request.user)
        return self.get_paginated_response(ActSerializer(self.paginate_queryset(rows), many=True).data)

    def _found(self, pk: str) -> FormularyImport:
        return get_object_or_404(self.get_queryset(), pk=pk)
