"""Charts for rules of drug lines and the record that no published case asks about, by rule and name."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from rules.facts import (
    BillingCodeFacts,
    Documents,
    NdcFacts,
    Order,
    PriorAuthorization,
)
from tests.factories.facts import (
    SERVICE_DATE,
    chemo,
    clock,
    dose,
    drug,
    given,
    infusion,
    push,
    quantity,
    spans,
)
from tests.rules.proofs.chart import Chart, chart

NDC = NdcFacts("0517-0650-01", unit="ML", quantity=Decimal(7))
ORDERED = Documents(are_orders_known=True)
EASTERN = timezone(timedelta(hours=-5)), timezone(timedelta(hours=-4))
BOTH_ROUTES = drug("drug d", billing_codes=(BillingCodeFacts("J1", quantity("10 mg"), ("IV", "SC")),))
UNCODED = drug("drug d", billing_codes=())
TWO_CODES = drug(
    "drug d", billing_codes=(BillingCodeFacts("J1", quantity("10 mg")), BillingCodeFacts("J2", quantity("10 mg")))
)
INFLIXIMAB = drug("infliximab", billing_codes=(BillingCodeFacts("J1745", quantity("10 mg")),))
BIOSIMILAR = drug("infliximab-dyyb", billing_codes=(BillingCodeFacts("Q5103", quantity("10 mg")),))

CHARTS_OF_DRUG_LINES: Mapping[str, Mapping[str, Chart]] = {
    "G1": {"two-days": chart(infusion(), push("a2", "drug b", at="D2 09:00"), dates=[15, 16])},
    "G3": {
        "bought-under-340b": chart(
            dose("70 mg"),
            about={"is_340b": True},
            policy={"modifier_340b": "TB"},
            lines={"96372": 1, "J9999X-TB": 7, "J9999X-TB-JW": 3},
        )
    },
    "G4": {
        "before-the-codes-of-2009": chart(
            infusion(at=None, minutes=None),
            push("a2", at=None),
            about={"date_of_service": date(2008, 12, 31)},
            lines={},
        )
    },
    "H3": {
        "two-doses-of-15-mg": chart(
            dose("15 mg", opened=()), dose("15 mg", opened=(), key="a2", at="15:00"), lines={"96372": 2, "J9999X": 3}
        )
    },
    "H8": {
        "400-mg-opened-for-300": chart(
            dose("300 mg", opened=("400 mg",), about={"marketed_sizes": (quantity("100 mg"),)}),
            findings=["smaller_vials"],
        )
    },
    "H10": {
        "more-discarded-than-the-label-leaves": chart(
            dose("70 mg", discarded="40 mg"),
            lines={"96372": 1, "J9999X": 7, "J9999X-JW": 3},
            findings=["waste_mismatch"],
        )
    },
    "H11": {
        "after-the-inpatient-order": chart(
            dose("100 mg", at="12:00"), about={"inpatient_order": clock("11:00")}, lines={}
        )
    },
    "H12": {
        "nothing-charted-about-the-rest": chart(
            dose("70 mg", discarded=None), lines={"96372": 1, "J9999X": 7}, findings=["waste_not_documented"]
        )
    },
    "H13": {
        "the-whole-vial-on-one-line": chart(
            dose("70 mg"), policy={"waste_mode": "one_line_whole_vial"}, lines={"96372": 1, "J9999X": 10}
        ),
        "a-payer-without-jz": chart(dose("100 mg"), policy={"jz": "false"}, lines={"96372": 1, "J9999X": 10}),
    },
    "H15": {
        "a-drug-without-a-code": chart(
            given(drug=UNCODED, route="IM", dose=quantity("70 mg")),
            lines={"96372": 1, "J3490": 1},
            findings=["unclassified_drug"],
        )
    },
    "H16": {
        "a-biosimilar-beside-its-reference": chart(
            dose("100 mg", drug=INFLIXIMAB),
            dose("100 mg", drug=BIOSIMILAR, key="a2", at="11:00"),
            lines={"96372": 2, "J1745-JZ": 10, "Q5103-JZ": 10},
        )
    },
    "H18": {
        "one-code-for-two-routes": chart(
            dose("100 mg", drug=BOTH_ROUTES, route="SC", technique="injection"), lines={"96372": 1, "J1-JB-JZ": 10}
        )
    },
    "I1": {
        "the-short-segment-is-padded": chart(
            dose("100 mg", ndc=NDC), policy={"ndc_required": "always"}, ndc=[("00517065001", 7, "ML")]
        )
    },
    "I2": {
        "quantity-and-unit-beside-the-number": chart(
            dose("100 mg", ndc=NDC), policy={"ndc_required": "always"}, ndc=[("00517065001", 7, "ML")]
        )
    },
    "I3": {
        "a-vial-of-powder": chart(
            dose("100 mg", ndc=NdcFacts("0517-0650-01", unit="UN")),
            policy={"ndc_required": "always"},
            ndc=[("00517065001", 1, "UN")],
        )
    },
    "I4": {
        "220-mg-of-440-mg-in-20-ml": chart(
            dose(
                "220 mg",
                opened=("440 mg",),
                ndc=NdcFacts("50242-0132-10"),
                about={"concentration": quantity("22 mg")},
                is_single_dose=False,
            ),
            policy={"ndc_required": "always"},
            ndc=[("50242013210", 10, "ML")],
        )
    },
    "I5": {
        "medicaid": chart(dose("100 mg", ndc=NDC), about={"payer": "medicaid"}, ndc=[("00517065001", 7, "ML")]),
        "medicare": chart(dose("100 mg", ndc=NDC), about={"payer": "medicare"}, ndc=[None]),
    },
    "R1": {"not-given": chart(infusion(status="not_given"), lines={}, reasons={"a1": ["not_given"]})},
    "R2": {
        "all-after-the-order": chart(
            infusion(), about={"inpatient_order": clock("10:00")}, lines={}, reasons={"a1": ["inpatient"]}
        ),
        "across-the-order": chart(
            infusion(minutes=211),
            about={"inpatient_order": clock("11:00")},
            lines={"96365": 1},
            minutes={"a1": {"96365-1": 60, "inpatient": 151}},
        ),
    },
    "R3": {"no-route": chart(push(route=None), lines={}, findings=["missing_route"])},
    "R4": {
        "a-drug-for-a-reaction": chart(
            infusion(), push("a2", "drug b", at="10:20", purpose="reaction_treatment"), lines={"96365": 1, "96375": 1}
        )
    },
    "R5": {"a-stop-before-its-start": chart(infusion(minutes=-1), lines={}, findings=["impossible_time"])},
    "R6": {"a-drug-nobody-knows": chart(push(family="other"), lines={"96374": 1}, findings=["family_unknown"])},
    "R8": {"a-push-of-16-minutes": chart(push(minutes=16), lines={"96365": 1}, findings=["push_over_15"])},
    "R10": {
        "two-drugs-in-one-minute": chart(
            push(),
            push("a2", "drug b"),
            push("a3", at="11:00", name="drug b"),
            policy={"same_minute_pushes": "one_push"},
            lines={"96374": 1, "96376": 1},
        )
    },
    "R11": {
        "a-bag-with-two-times": chart(
            infusion(bag="1"),
            infusion("a2", "drug b", 91, bag="1"),
            lines={"96365": 1, "96366": 1},
            findings=["bag_times_differ"],
        )
    },
    "R12": {
        "a-drug-over-itself": chart(
            infusion(), infusion("a2", at="10:30"), lines={"96365": 1}, findings=["overlapping_same_drug"]
        )
    },
    "R13": {"a-record-twice": chart(push(), push("a2"), findings=["duplicate_record"])},
    "R14": {
        "more-than-was-ordered": chart(
            infusion(order="o1", dose=quantity("120 mg")),
            about={"documents": ORDERED, "orders": (Order("o1", "drug a", quantity("100 mg")),)},
            findings=["order_mismatch"],
        )
    },
    "R15": {"no-lot": chart(infusion(), about={"documents": Documents(are_lots_known=True)}, findings=["lot_missing"])},
    "R16": {
        "no-plan": chart(
            chemo(), about={"documents": Documents(has_treatment_plan=False)}, findings=["treatment_plan_missing"]
        )
    },
    "R17": {
        "no-response": chart(
            chemo(), about={"documents": Documents(has_response_charted=False)}, findings=["monitoring_missing"]
        )
    },
    "R18": {
        "no-authorization": chart(
            infusion(drug=drug(needs_prior_auth=True)),
            about={"documents": Documents(prior_authorizations=())},
            findings=["prior_auth_missing"],
        ),
        "one-that-is-used-up": chart(
            infusion(drug=drug(needs_prior_auth=True)),
            about={"documents": Documents(prior_authorizations=(PriorAuthorization("drug a", remaining=0),))},
            findings=["prior_auth_exhausted"],
        ),
    },
    "R19": {
        "beyond-the-label": chart(
            infusion(drug=drug(indications=("C50",))),
            about={"diagnoses": ("M05.79",), "documents": Documents(has_off_label_support=False)},
            findings=["off_label_support_missing"],
        )
    },
    "R20": {
        "a-pause": chart(infusion(pauses=spans(("10:20", "10:30"))), minutes={"a1": {"96365-1": 50, "paused": 10}})
    },
    "R21": {"units-drawn": chart(dose("70 mg"), units=[("10", "7", "3", "0", "rounding")])},
    "R22": {"a-hospitals-price": chart(push(), about={"date_of_service": SERVICE_DATE}, prices=[Decimal("217.31")])},
    "R24": {
        "a-night-with-23-hours": chart(
            replace(
                infusion(),
                start=datetime(2026, 3, 8, 1, 30, tzinfo=EASTERN[0]),
                stop=datetime(2026, 3, 8, 3, 30, tzinfo=EASTERN[1]),
            ),
            about={"date_of_service": date(2026, 3, 8)},
            minutes={"a1": {"96365-1": 60}},
        ),
    },
    "R25": {
        "a-payer-in-an-office": chart(
            infusion(), about={"setting": "office", "payer": "medicare"}, layers=["base", "office", "medicare"]
        )
    },
    "R26": {
        "units-of-another-kind": chart(dose("5 units", opened=()), lines={"96372": 1}, findings=["unit_mismatch"]),
        "more-than-a-claim-can-hold": chart(
            dose("999999999 mg", opened=()), lines={"96372": 1}, findings=["unit_mismatch"]
        ),
    },
    "R27": {
        "two-codes-possible": chart(dose("100 mg", drug=TWO_CODES), lines={"96372": 1}, findings=["ambiguous_code"])
    },
    "R28": {
        "no-valid-ndc": chart(
            dose("100 mg", ndc=NdcFacts("12-34")),
            policy={"ndc_required": "always"},
            findings=["ndc_invalid"],
            ndc=[None],
        )
    },
}
