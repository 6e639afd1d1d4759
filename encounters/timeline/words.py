"""Short words that stand on a bar; the whole sentence stands in the list below the lines."""

from decimal import Decimal

from rules.vocabulary import LineFamily, Reason

FAMILY_CLASS = {
    LineFamily.CHEMO: "chemo",
    LineFamily.THERAPEUTIC: "ther",
    LineFamily.HYDRATION: "hydr",
    LineFamily.OTHER: "othr",
}

ON_THE_BAR = {
    Reason.NOT_GIVEN: "not given",
    Reason.INPATIENT: "inpatient by then",
    Reason.ROUTE_NOT_CODED: "route earns no line",
    Reason.INCIDENTAL: "part of other services",
    Reason.BUNDLED_WITH_PROCEDURE: "part of the procedure",
    Reason.TRANSFUSION: "part of the transfusion",
    Reason.MISSING_ROUTE: "route missing",
    Reason.IMMUNIZATION: "immunization",
    Reason.MISSING_STOP_TIME: "stop time missing",
    Reason.MISSING_START_TIME: "start time missing",
    Reason.IMPOSSIBLE_TIME: "stop before start",
    Reason.CONCURRENT_LIMIT: "one concurrent only",
    Reason.CONCURRENT_CHEMO: "chemo at the same time",
    Reason.REPEAT_WITHIN_GAP: "same drug too soon",
    Reason.REPEAT_PUSH_OFFICE: "repeat push, office",
    Reason.REPEAT_PUSH_CHEMO: "repeat chemo push",
    Reason.PUSH_AND_INFUSION: "pushed and infused",
    Reason.SAME_MINUTE: "same minute",
    Reason.SPLIT_DOSE: "one dose, split",
    Reason.HYDRATION_UNDER_31: "hydration too short",
    Reason.HYDRATION_UNDER_INFUSION: "under an infusion",
    Reason.HYDRATION_VOLUME: "volume too small",
    Reason.PREHYDRATION_INTEGRAL: "integral to the drug",
    Reason.TRANSFUSION_HYDRATION: "around a transfusion",
    Reason.PAUSED: "paused",
    Reason.RULE_NOT_IN_FORCE: "no rule in force then",
}


def amount(value: Decimal) -> str:
    """`value` without trailing zeros and with thousands apart: 1,000 or 0.5."""
    return f"{value.normalize():,f}"
