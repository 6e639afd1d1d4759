"""The names of the fields that senders fill: columns of a table, keys of JSON. `docs/intake.md` explains each."""

PATIENT = ("mrn", "family_name", "given_name", "birth_date")
ENCOUNTER = (
    "encounter_id",
    *PATIENT,
    "location",
    "payer",
    "setting",
    "place_of_service",
    "is_professional_claim",
    "date_of_service",
    "time_zone",
    "encounter_start",
    "encounter_end",
    "inpatient_order",
    "has_earlier_encounter",
    "is_340b",
    "regimen",
    "primary_reason",
    "diagnoses",
    "other_services",
)
DOCUMENTS = (
    "has_treatment_plan",
    "has_response_charted",
    "has_off_label_support",
    "are_orders_known",
    "are_lots_known",
)
# A record of a table names the access and the order of its administration beside it; JSON lists them once.
ACCESS = ("access_kind", "access_body_site", "access_reason")
ORDER = ("ordered_drug", "ordered_dose", "ordered_route")
ADMINISTRATION = (
    "administration_id",
    "drug",
    "kind",
    "ndc",
    "hcpcs",
    "route",
    "technique",
    "start",
    "stop",
    "minutes",
    "pauses",
    "access",
    "bag",
    "purpose",
    "status",
    "visit",
    "order",
    "dose",
    "containers",
    "discarded",
    "volume",
    "rate",
    "lot",
    "diagnosis",
    "is_implanted",
    "lesions",
    "is_new_setup",
    "is_puncture_by_other",
    "is_without_tap",
    "is_on_pump",
    "charted_by",
)

TABLE_ENCOUNTER = (*ENCOUNTER, *DOCUMENTS)
TABLE_ADMINISTRATION = (*ADMINISTRATION, *ACCESS, *ORDER)
TABLE = (*TABLE_ENCOUNTER, *TABLE_ADMINISTRATION)
"""The columns of a CSV or XLSX file, in the order of the template."""
TABLE_REQUIRED = ("encounter_id", "mrn", "administration_id", "drug")

JSON_ENCOUNTER = (*ENCOUNTER, "documents", "accesses", "orders", "administrations")
JSON_DOCUMENTS = (*DOCUMENTS, "prior_authorizations")
