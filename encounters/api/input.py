"""What a sender may say, described for the OpenAPI schema; intake itself checks it, and says where it is wrong."""

from rest_framework import serializers

from encounters.models.patient import SETTINGS
from rules.vocabulary import (
    AccessReason,
    AdministrationStatus,
    Kind,
    Purpose,
    Route,
    Technique,
)

_TIME = "ISO 8601 with an offset, or the wall clock of time_zone or of the location."


class ContainerInput(serializers.Serializer[object]):
    """Containers of one labelled size that were opened."""

    size = serializers.CharField(help_text="Such as 100 mg.")
    count = serializers.IntegerField(min_value=1, required=False)
    is_single_dose = serializers.BooleanField(required=False, allow_null=True)
    ndc = serializers.CharField(max_length=16, required=False)
    lot = serializers.CharField(max_length=40, required=False)


class PauseInput(serializers.Serializer[object]):
    """A stretch in which nothing ran."""

    start = serializers.CharField(help_text=_TIME)
    stop = serializers.CharField(help_text=_TIME)


class AccessInput(serializers.Serializer[object]):
    """A vascular access; a further one earns its own initial service only with a reason."""

    label = serializers.CharField(max_length=20)  # type: ignore[assignment]  # the metaclass takes fields away
    kind = serializers.CharField(max_length=40, required=False)
    body_site = serializers.CharField(max_length=60, required=False)
    reason = serializers.ChoiceField([word.value for word in AccessReason], required=False)


class OrderInput(serializers.Serializer[object]):
    """What was ordered."""

    reference = serializers.CharField(max_length=80)
    drug = serializers.CharField(max_length=200, required=False)
    dose = serializers.CharField(required=False, help_text="Such as 400 mg.")
    route = serializers.ChoiceField([word.value for word in Route], required=False)


class PriorAuthorizationInput(serializers.Serializer[object]):
    """A payer's approval for a drug."""

    drug = serializers.CharField(max_length=200)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField(required=False, allow_null=True)
    remaining = serializers.IntegerField(required=False, allow_null=True, min_value=0)


class DocumentsInput(serializers.Serializer[object]):
    """What the record holds beside the medication record; what is not said is not known."""

    has_treatment_plan = serializers.BooleanField(required=False, allow_null=True)
    has_response_charted = serializers.BooleanField(required=False, allow_null=True)
    has_off_label_support = serializers.BooleanField(required=False, allow_null=True)
    are_orders_known = serializers.BooleanField(required=False, allow_null=True)
    are_lots_known = serializers.BooleanField(required=False, allow_null=True)
    prior_authorizations = PriorAuthorizationInput(many=True, required=False)


class AdministrationInput(serializers.Serializer[object]):
    """One entry of the medication record."""

    administration_id = serializers.CharField(max_length=80)
    drug = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField([word.value for word in Kind], required=False)
    ndc = serializers.CharField(max_length=16, required=False)
    hcpcs = serializers.CharField(max_length=5, required=False)
    route = serializers.ChoiceField([word.value for word in Route], required=False)
    technique = serializers.ChoiceField([word.value for word in Technique], required=False)
    start = serializers.CharField(required=False, help_text=_TIME)
    stop = serializers.CharField(required=False, help_text=_TIME)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    pauses = PauseInput(many=True, required=False)
    access = serializers.CharField(max_length=20, required=False)
    bag = serializers.CharField(max_length=40, required=False)
    purpose = serializers.ChoiceField([word.value for word in Purpose], required=False)
    status = serializers.ChoiceField([word.value for word in AdministrationStatus], required=False)
    visit = serializers.IntegerField(min_value=1, required=False)
    order = serializers.CharField(max_length=80, required=False)
    dose = serializers.CharField(required=False, help_text="Such as 250 mg.")
    containers = ContainerInput(many=True, required=False)
    discarded = serializers.CharField(required=False, help_text="Such as 60 mg.")
    volume = serializers.CharField(required=False, help_text="Such as 500 mL.")
    rate = serializers.CharField(max_length=40, required=False)
    lot = serializers.CharField(max_length=40, required=False)
    diagnosis = serializers.CharField(max_length=120, required=False)
    is_implanted = serializers.BooleanField(required=False)
    lesions = serializers.IntegerField(min_value=1, required=False)
    is_new_setup = serializers.BooleanField(required=False)
    is_puncture_by_other = serializers.BooleanField(required=False)
    is_without_tap = serializers.BooleanField(required=False)
    is_on_pump = serializers.BooleanField(required=False)
    charted_by = serializers.CharField(max_length=80, required=False)


class EncounterInput(serializers.Serializer[object]):
    """One encounter with its administrations."""

    encounter_id = serializers.CharField(max_length=80)
    mrn = serializers.CharField(max_length=40)
    family_name = serializers.CharField(max_length=120, required=False)
    given_name = serializers.CharField(max_length=120, required=False)
    birth_date = serializers.DateField(required=False, allow_null=True)
    location = serializers.CharField(max_length=40, required=False)
    payer = serializers.CharField(max_length=40, required=False)
    setting = serializers.ChoiceField(SETTINGS, required=False)
    place_of_service = serializers.CharField(max_length=2, required=False)
    is_professional_claim = serializers.BooleanField(required=False, allow_null=True)
    date_of_service = serializers.DateField(required=False, allow_null=True)
    time_zone = serializers.CharField(max_length=40, required=False)
    encounter_start = serializers.CharField(required=False, help_text=_TIME)
    encounter_end = serializers.CharField(required=False, help_text=_TIME)
    inpatient_order = serializers.CharField(required=False, help_text=_TIME)
    has_earlier_encounter = serializers.BooleanField(required=False)
    is_340b = serializers.BooleanField(required=False)
    regimen = serializers.CharField(max_length=120, required=False)
    primary_reason = serializers.CharField(max_length=80, required=False)
    diagnoses = serializers.ListField(child=serializers.CharField(max_length=8), required=False)
    other_services = serializers.ListField(child=serializers.CharField(max_length=20), required=False)
    documents = DocumentsInput(required=False)
    accesses = AccessInput(many=True, required=False)
    orders = OrderInput(many=True, required=False)
    administrations = AdministrationInput(many=True)


class MessageInput(serializers.Serializer[object]):
    """Encounters of one message. A single encounter may also be sent bare, without this wrapping."""

    encounters = EncounterInput(many=True)
