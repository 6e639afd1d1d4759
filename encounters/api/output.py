"""What the interface gives out."""

from rest_framework import serializers

from encounters.models import (
    Addendum,
    CodedLine,
    CodingRun,
    Container,
    Diagnosis,
    DrugAdministration,
    Encounter,
    IntakeBatch,
    IntakeRefusal,
    RunFinding,
)


class RefusalOutput(serializers.ModelSerializer[IntakeRefusal]):
    """A record that was refused, with its place and reason."""

    class Meta:
        model = IntakeRefusal
        fields = ("id", "line", "column", "reason", "record", "settled_at", "encounter")
        read_only_fields = fields


class BatchOutput(serializers.ModelSerializer[IntakeBatch]):
    """A file or message, and how much of it went where."""

    class Meta:
        model = IntakeBatch
        fields = (
            "id",
            "source",
            "file_name",
            "sha256",
            "received_at",
            "finished_at",
            "records",
            "encounters_new",
            "encounters_changed",
            "encounters_unchanged",
            "administrations_kept",
            "refused",
        )
        read_only_fields = fields


class TakenInOutput(serializers.Serializer[object]):
    """What became of one encounter of a message."""

    id = serializers.IntegerField()
    encounter_id = serializers.CharField()
    outcome = serializers.ChoiceField(["new", "changed", "unchanged"])


class ReceiptOutput(serializers.Serializer[object]):
    """The answer to a message."""

    batch = BatchOutput()
    encounters = TakenInOutput(many=True)
    refusals = RefusalOutput(many=True)


class ContainerOutput(serializers.ModelSerializer[Container]):
    """Containers that were opened."""

    class Meta:
        model = Container
        fields = ("size_amount", "size_unit", "count", "is_single_dose", "ndc", "lot")
        read_only_fields = fields


class PauseOutput(serializers.Serializer[object]):
    """A stretch in which nothing ran."""

    started_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField()


class AddendumOutput(serializers.ModelSerializer[Addendum]):
    """A later statement that lies over the charted values."""

    class Meta:
        model = Addendum
        fields = ("changes", "reason", "author_name", "at")
        read_only_fields = fields


class AdministrationOutput(serializers.ModelSerializer[DrugAdministration]):
    """An entry of the medication record as it was charted, with its addenda beside it."""

    administration_id = serializers.CharField(source="external_id")
    drug = serializers.CharField(source="drug.name", default=None, help_text="Null while unmapped.")
    access = serializers.CharField(source="access.label", default=None)
    order = serializers.CharField(source="order.reference", default=None)
    containers = ContainerOutput(many=True)
    pauses = PauseOutput(many=True)
    addenda = AddendumOutput(many=True)

    class Meta:
        model = DrugAdministration
        fields = (
            "administration_id", "drug_name", "drug", "kind", "ndc", "hcpcs", "route", "technique",
            "started_at", "stopped_at", "minutes", "pauses", "access", "bag", "purpose", "status", "visit",
            "order", "dose_amount", "dose_unit", "containers", "discarded_amount", "discarded_unit",
            "volume_ml", "rate", "lot", "charted_by", "addenda",
        )  # fmt: skip
        read_only_fields = fields


class EncounterOutput(serializers.ModelSerializer[Encounter]):
    """An encounter's head."""

    encounter_id = serializers.CharField(source="external_id")
    mrn = serializers.CharField(source="patient.mrn")
    location = serializers.CharField(source="location.code", default=None)
    payer = serializers.CharField(source="payer.code", default=None)

    class Meta:
        model = Encounter
        fields = (
            "id", "source", "encounter_id", "mrn", "location", "payer", "setting", "place_of_service",
            "date_of_service", "time_zone", "started_at", "ended_at", "regimen", "chart_version",
            "coding_state", "received_at",
        )  # fmt: skip
        read_only_fields = fields


class EncounterDetailOutput(EncounterOutput):
    """An encounter with its chart."""

    diagnoses: serializers.SlugRelatedField[Diagnosis] = serializers.SlugRelatedField("code", many=True, read_only=True)
    administrations = AdministrationOutput(many=True)

    class Meta:
        model = Encounter
        fields = (*EncounterOutput.Meta.fields, "diagnoses", "administrations")
        read_only_fields = fields


class LineOutput(serializers.ModelSerializer[CodedLine]):
    """A suggested line of a run."""

    encounter = serializers.IntegerField(source="run.encounter_id")

    class Meta:
        model = CodedLine
        fields = (
            "id", "encounter", "run", "position", "key", "code", "units", "modifiers", "role", "family",
            "administrations", "date_of_service", "minutes", "price",
        )  # fmt: skip
        read_only_fields = fields


class FindingOutput(serializers.ModelSerializer[RunFinding]):
    """A finding of a run."""

    class Meta:
        model = RunFinding
        fields = ("kind", "severity", "administrations")
        read_only_fields = fields


class RunOutput(serializers.ModelSerializer[CodingRun]):
    """One execution of the engine, and what made it."""

    class Meta:
        model = CodingRun
        fields = (
            "id", "encounter", "number", "at", "trigger", "chart_version", "facts_digest", "result_digest",
            "engine_version", "rulebook_version", "policy", "formulary_version",
        )  # fmt: skip
        read_only_fields = fields


class RunDetailOutput(RunOutput):
    """A run with its lines and findings; `result` is the whole of it as it was stored."""

    lines = LineOutput(many=True)
    findings = FindingOutput(many=True)
    result = serializers.JSONField()

    class Meta:
        model = CodingRun
        fields = (*RunOutput.Meta.fields, "lines", "findings", "result")
        read_only_fields = fields
