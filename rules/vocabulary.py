"""The field's words, each with one home. Spellings are those of the published worked cases."""

from enum import StrEnum


class Setting(StrEnum):
    """Where the encounter takes place, as the codes see it."""

    FACILITY = "facility"
    OFFICE = "office"


class Kind(StrEnum):
    """The kind of a drug as a worked case or a chart names it."""

    CHEMO = "chemo"
    COMPLEX_BIOLOGIC = "complex_biologic"
    THERAPEUTIC = "therapeutic"
    IMMUNE_GLOBULIN = "immune_globulin"
    HYDRATION = "hydration"
    BLOOD = "blood"
    CONTRAST = "contrast"
    VACCINE = "vaccine"
    OTHER = "other"


class Family(StrEnum):
    """The administration family of a drug in the formulary (coding-rules section 2)."""

    ANTINEOPLASTIC = "antineoplastic"
    ANTINEOPLASTIC_HORMONAL = "antineoplastic_hormonal"
    COMPLEX_BIOLOGIC = "complex_biologic"
    THERAPEUTIC = "therapeutic"
    HYDRATION_FLUID = "hydration_fluid"
    BLOOD = "blood"
    CONTRAST = "contrast"
    VACCINE = "vaccine"
    OTHER = "other"


class Route(StrEnum):
    """The route of an administration; those of ROUTES_NOT_CODED earn no administration line."""

    IV = "IV"
    IM = "IM"
    SC = "SC"
    INTRATHECAL = "IT"
    INTRA_ARTERIAL = "IA"
    PERITONEAL = "IP"
    PLEURAL = "pleural"
    RESERVOIR = "reservoir"
    INTRAVESICAL = "intravesical"
    INTRALESIONAL = "intralesional"
    ORAL = "PO"
    INHALED = "inhaled"
    TOPICAL = "topical"
    RECTAL = "rectal"
    OPHTHALMIC = "ophthalmic"
    NASAL = "nasal"
    SUBLINGUAL = "SL"
    TRANSDERMAL = "transdermal"


ROUTES_NOT_CODED = frozenset(
    {
        Route.ORAL,
        Route.INHALED,
        Route.TOPICAL,
        Route.RECTAL,
        Route.OPHTHALMIC,
        Route.NASAL,
        Route.SUBLINGUAL,
        Route.TRANSDERMAL,
    }
)


class Technique(StrEnum):
    """How a drug was given, as charted."""

    INFUSION = "infusion"
    PUSH = "push"
    INJECTION = "injection"
    PUMP_INITIATION = "pump_initiation"
    PUMP_UNATTENDED = "pump_unattended"
    PUMP_REFILL = "pump_refill"
    ON_BODY_INJECTOR = "on_body_injector"


class Purpose(StrEnum):
    """What an administration was for, where that decides its coding."""

    KVO = "kvo"
    FLUSH = "flush"
    CARRIER = "carrier"
    DILUENT = "diluent"
    PRE_HYDRATION = "pre_hydration"
    POST_HYDRATION = "post_hydration"
    PREMEDICATION = "premedication"
    REACTION_TREATMENT = "reaction_treatment"
    TRANSFUSION = "transfusion"
    PERIPROCEDURAL = "periprocedural"
    SEDATION = "sedation"
    CONTRAST = "contrast"
    BLOCK = "block"
    DECLOTTING = "declotting"


class AdministrationStatus(StrEnum):
    """What became of an administration. STOPPED: ended before what was ordered."""

    GIVEN = "given"
    PARTLY_GIVEN = "partly_given"
    STOPPED = "stopped"
    NOT_GIVEN = "not_given"
    ENTERED_IN_ERROR = "entered_in_error"


class AccessReason(StrEnum):
    """Why a further vascular access was used. Only the first three earn an initial service (A2)."""

    PROTOCOL = "protocol"
    INCOMPATIBLE = "incompatible"
    CONDITION = "condition"
    INFILTRATION = "infiltration"
    FLOW = "flow"
    CONVENIENCE = "convenience"


ACCESS_REASONS_THAT_EARN = frozenset({AccessReason.PROTOCOL, AccessReason.INCOMPATIBLE, AccessReason.CONDITION})


class Severity(StrEnum):
    """How much a finding weighs: BLOCKS cannot be accepted without an override and its reason."""

    BLOCKS = "blocks"
    WARNS = "warns"
    INFORMS = "informs"


class LineFamily(StrEnum):
    """The family a coded line belongs to; one hue each on the timeline."""

    CHEMO = "chemo"
    THERAPEUTIC = "therapeutic"
    HYDRATION = "hydration"
    OTHER = "other"


class Role(StrEnum):
    """What a coded line is in its encounter."""

    INITIAL = "initial"
    ADDITIONAL_HOUR = "additional_hour"
    SEQUENTIAL = "sequential"
    CONCURRENT = "concurrent"
    PUSH = "push"
    REPEAT_PUSH = "repeat_push"
    HYDRATION = "hydration"
    INJECTION = "injection"
    PUMP = "pump"
    ROUTE = "route"
    FLUSH = "flush"
    UNLISTED = "unlisted"
    DRUG = "drug"
    DISCARDED = "discarded"


class Reason(StrEnum):
    """Why minutes or an administration are not billed."""

    NOT_GIVEN = "not_given"
    INPATIENT = "inpatient"
    ROUTE_NOT_CODED = "route_not_coded"
    INCIDENTAL = "incidental"
    BUNDLED_WITH_PROCEDURE = "bundled_with_procedure"
    TRANSFUSION = "transfusion"
    MISSING_ROUTE = "missing_route"
    IMMUNIZATION = "immunization"
    MISSING_STOP_TIME = "missing_stop_time"
    MISSING_START_TIME = "missing_start_time"
    IMPOSSIBLE_TIME = "impossible_time"
    CONCURRENT_LIMIT = "concurrent_limit"
    CONCURRENT_CHEMO = "concurrent_chemo"
    REPEAT_WITHIN_GAP = "repeat_within_gap"
    REPEAT_PUSH_OFFICE = "repeat_push_office"
    REPEAT_PUSH_CHEMO = "repeat_push_chemo"
    PUSH_AND_INFUSION = "push_and_infusion"
    SAME_MINUTE = "same_minute"
    SPLIT_DOSE = "split_dose"
    HYDRATION_UNDER_31 = "hydration_under_31"
    HYDRATION_UNDER_INFUSION = "hydration_under_infusion"
    HYDRATION_VOLUME = "hydration_volume"
    PREHYDRATION_INTEGRAL = "prehydration_integral"
    TRANSFUSION_HYDRATION = "transfusion_hydration"
    PAUSED = "paused"
    RULE_NOT_IN_FORCE = "rule_not_in_force"


class FindingKind(StrEnum):
    """The documentation and compliance findings (coding-rules section 14)."""

    MISSING_START_TIME = "missing_start_time"
    MISSING_STOP_TIME = "missing_stop_time"
    IMPOSSIBLE_TIME = "impossible_time"
    PUSH_OVER_15 = "push_over_15"
    MISSING_ORDER = "missing_order"
    ORDER_MISMATCH = "order_mismatch"
    SECOND_ACCESS_REASON_MISSING = "second_access_reason_missing"
    MISSING_ROUTE = "missing_route"
    MISSING_DOSE = "missing_dose"
    LOT_MISSING = "lot_missing"
    NDC_INVALID = "ndc_invalid"
    WASTE_NOT_DOCUMENTED = "waste_not_documented"
    WASTE_MISMATCH = "waste_mismatch"
    JW_ON_MULTI_DOSE = "jw_on_multi_dose"
    UNCLASSIFIED_DRUG = "unclassified_drug"
    AMBIGUOUS_CODE = "ambiguous_code"
    UNIT_MISMATCH = "unit_mismatch"
    HYDRATION_UNDER_31 = "hydration_under_31"
    HYDRATION_NECESSITY = "hydration_necessity"
    PARTIAL_OVERLAP = "partial_overlap"
    CONCURRENT_CHEMO = "concurrent_chemo"
    PRIMARY_REASON_NOT_NAMED = "primary_reason_not_named"
    TREATMENT_PLAN_MISSING = "treatment_plan_missing"
    MONITORING_MISSING = "monitoring_missing"
    PRIOR_AUTH_MISSING = "prior_auth_missing"
    PRIOR_AUTH_EXHAUSTED = "prior_auth_exhausted"
    OFF_LABEL_SUPPORT_MISSING = "off_label_support_missing"
    MUE_EXCEEDED = "mue_exceeded"
    NCCI_PAIR = "ncci_pair"
    ADDON_WITHOUT_PRIMARY = "addon_without_primary"
    DX_SEQUENCE = "dx_sequence"
    DX_MISSING = "dx_missing"
    EM_99211 = "em_99211"
    NEEDS_25 = "needs_25"
    INCLUDED = "included"
    NOT_PHYSICIAN = "not_physician"
    DUPLICATE_RECORD = "duplicate_record"
    OVERLAPPING_SAME_DRUG = "overlapping_same_drug"
    FAMILY_UNKNOWN = "family_unknown"
    DOSE_ABOVE_OPENED = "dose_above_opened"
    UNLISTED = "unlisted"
    BAG_TIMES_DIFFER = "bag_times_differ"
    HYDRATION_NO_ORDER = "hydration_no_order"
    HYDRATION_VOLUME_MISSING = "hydration_volume_missing"
    SMALLER_VIALS = "smaller_vials"
    RULE_NOT_IN_FORCE = "rule_not_in_force"
