"""Doors of the REST interface: read the request, make one domain call, print the answer."""

import io
import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from encounters import intake, tasks
from encounters.api import queries
from encounters.api.filters import EncounterFilter, LineFilter, RunFilter
from encounters.api.input import MessageInput
from encounters.api.output import (
    BatchOutput,
    EncounterDetailOutput,
    EncounterOutput,
    LineOutput,
    ReceiptOutput,
    RunDetailOutput,
    RunOutput,
)
from encounters.api.parsers import MessageParser
from encounters.api.permissions import MayRead, MayTakeIn
from encounters.api.recorded import RecordedReads
from encounters.audit import Tag
from encounters.models import CodedLine, CodingRun, Encounter, IntakeBatch
from encounters.sites import is_bound, seen_by

SOURCE = OpenApiParameter(
    "source",
    str,
    description="The sending system; with the encounter's id it names the encounter for good. Default: the user name.",
)


class EncounterViewSet(RecordedReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Encounter]):
    """Encounters: sent in, and read back."""

    encounter_of = attrgetter("pk")
    encounter_path = "pk"
    queryset = queries.encounters()
    filterset_class = EncounterFilter
    parser_classes = [MessageParser]

    def get_permissions(self) -> list[Any]:
        """Sending and reading are two permissions."""
        return [MayTakeIn() if self.request.method == "POST" else MayRead()]

    def get_queryset(self) -> Any:  # Django's query sets are generic
        """One encounter comes with its chart."""
        rows = queries.charts() if self.action == "retrieve" else queries.encounters()
        return rows.filter(seen_by(self.request.user))

    def get_serializer_class(self) -> type[EncounterOutput]:
        """One encounter comes with its chart."""
        return EncounterDetailOutput if self.action == "retrieve" else EncounterOutput

    @extend_schema(
        request=MessageInput,
        parameters=[SOURCE],
        responses={
            200: OpenApiResponse(ReceiptOutput, "All was taken in; no encounter is new."),
            201: OpenApiResponse(ReceiptOutput, "All was taken in; at least one encounter is new."),
            207: OpenApiResponse(ReceiptOutput, "Some was taken in, some refused: see refusals."),
            400: OpenApiResponse(ReceiptOutput, "The body is no JSON of encounters; nothing was taken in."),
            413: OpenApiResponse(OpenApiTypes.OBJECT, "The body is too large."),
            422: OpenApiResponse(ReceiptOutput, "Nothing was taken in: see refusals."),
        },
    )
    def create(self, request: Request) -> Response:
        """Take in the encounters of a message. Sending the same again changes nothing."""
        outcomes: dict[int, intake.Outcome] = {}

        def note(batch: IntakeBatch, found: Mapping[int, intake.Outcome]) -> None:
            outcomes.update(found)

        # Of an empty body the framework makes an empty mapping, without asking the parser.
        said: object = request.data
        body = said if isinstance(said, bytes) else b""
        try:
            batch = intake.take_in_file(
                file=io.BytesIO(body),
                file_name="",
                source=request.query_params.get("source") or request.user.get_username(),
                actor=cast("User", request.user),
                at=timezone.now(),
                named_format=intake.FileFormat.JSON,
                progress=note,
            )
        except intake.UnableToTakeIn as error:
            raise ValidationError({"source": [str(error)]}) from error
        tasks.nudge(encounter_ids=[pk for pk, outcome in outcomes.items() if outcome != intake.Outcome.UNCHANGED])
        return Response(_receipt(batch, outcomes), status=_status(batch, outcomes))


def _receipt(batch: IntakeBatch, outcomes: Mapping[int, intake.Outcome]) -> dict[str, object]:
    named = Encounter.objects.filter(pk__in=outcomes).values_list("pk", "external_id").order_by("pk")
    receipt = {
        "batch": batch,
        "encounters": [{"id": pk, "encounter_id": external_id, "outcome": outcomes[pk]} for pk, external_id in named],
        "refusals": batch.refusals.order_by("pk"),
    }
    return dict(ReceiptOutput(receipt).data)


def _status(batch: IntakeBatch, outcomes: Mapping[int, intake.Outcome]) -> int:
    if batch.refused and not outcomes:
        return status.HTTP_422_UNPROCESSABLE_ENTITY if batch.records else status.HTTP_400_BAD_REQUEST
    if batch.refused:
        return status.HTTP_207_MULTI_STATUS
    is_new = intake.Outcome.NEW in outcomes.values()
    return status.HTTP_201_CREATED if is_new else status.HTTP_200_OK


class RunViewSet(RecordedReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[CodingRun]):
    """Coding runs: what the engine said, each time it was asked."""

    encounter_of = attrgetter("encounter_id")
    viewed_tag = Tag.RUN_VIEWED
    queryset = queries.runs()
    filterset_class = RunFilter
    permission_classes = [MayRead]

    def get_queryset(self) -> Any:  # Django's query sets are generic
        """One run comes whole."""
        rows = queries.whole_runs() if self.action == "retrieve" else queries.runs()
        return rows.filter(seen_by(self.request.user, "encounter__location"))

    def get_serializer_class(self) -> type[RunOutput]:
        """One run comes whole."""
        return RunDetailOutput if self.action == "retrieve" else RunOutput

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # DRF's signature
        """One run with its lines, findings and the stored result."""
        run = self.get_object()
        run.result = json.loads(run.result)
        return Response(self.get_serializer(run).data)


class LineViewSet(RecordedReads, mixins.ListModelMixin, GenericViewSet[CodedLine]):
    """Suggested lines of all runs."""

    encounter_of = attrgetter("run.encounter_id")
    encounter_path = "run__encounter"
    queryset = queries.lines()
    serializer_class = LineOutput
    filterset_class = LineFilter
    permission_classes = [MayRead]

    def get_queryset(self) -> Any:  # Django's query sets are generic
        """Of the sites that the user works for."""
        return queries.lines().filter(seen_by(self.request.user, "run__encounter__location"))


class BatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[IntakeBatch]):
    """Files and messages that were sent in."""

    queryset = IntakeBatch.objects.order_by("-pk")
    serializer_class = BatchOutput
    permission_classes = [MayTakeIn]
    filterset_fields = ("source", "sha256")

    def get_queryset(self) -> Any:  # Django's query sets are generic
        """Whoever works for some sites only sees what they sent themselves: a file may hold any site's."""
        return self.queryset.filter(~Q(is_bound(self.request.user)) | Q(actor=self.request.user.pk))
