"""Charts for rules of administrations that no published case asks about, by rule and name."""

from collections.abc import Mapping
from decimal import Decimal

from rules.facts import (
    Access,
    Documents,
    OtherService,
)
from tests.factories.facts import (
    blood,
    chemo,
    chemo_push,
    drug,
    fluid,
    given,
    infusion,
    injection,
    push,
    spans,
)
from tests.rules.proofs.chart import Chart, chart

ORDERED = Documents(are_orders_known=True)
TWO_SITES = {"accesses": (Access("A"), Access("B", "flow"))}

CHARTS_OF_SERVICES: Mapping[str, Mapping[str, Chart]] = {
    "A2": {
        "a-second-site-for-flow": chart(
            infusion(),
            infusion("a2", "drug b", at="12:00", access="B"),
            about=TWO_SITES,
            lines={"96365": 1, "96367": 1},
        ),
    },
    "A5": {
        "a-physicians-claim-for-a-hospitals-patient": chart(
            infusion(), about={"is_professional_claim": True, "place_of_service": "22"}, findings=["not_physician"]
        ),
    },
    "A7": {"no-order": chart(infusion(), about={"documents": ORDERED}, findings=["missing_order"])},
    "B7": {
        "intervals-of-31-and-30-minutes": chart(
            fluid(minutes=31), fluid("a2", 30, at="12:00"), lines={"96360": 1}, reasons={"a2": ["hydration_under_31"]}
        ),
    },
    "B8": {
        "a-pause-that-leaves-90-minutes": chart(
            infusion(minutes=100, pauses=spans(("10:20", "10:30"))), lines={"96365": 1}
        ),
    },
    "B11": {
        "a-push-of-ten-minutes-beside-hydration": chart(
            fluid(minutes=35), push("a2", minutes=10, at="10:10"), lines={"96374": 1, "96361": 1}
        )
    },
    "C2": {
        "two-drugs-beside-a-third": chart(
            infusion(minutes=90),
            infusion("a2", "drug b"),
            infusion("a3", "drug e"),
            lines={"96365": 1, "96368": 1},
            reasons={"a3": ["concurrent_limit"]},
        ),
    },
    "C4": {
        "two-chemo-drugs-at-once": chart(
            chemo(minutes=90), chemo("a2", "drug f"), lines={"96413": 1, "96549": 1}, findings=["concurrent_chemo"]
        )
    },
    "C5": {
        "pushes-30-and-31-minutes-apart": chart(
            push(),
            push("a2", at="10:30"),
            push("a3", at="10:31"),
            lines={"96374": 1, "96376": 1},
            reasons={"a2": ["repeat_within_gap"]},
        ),
    },
    "C7": {"a-vaccine": chart(injection(family="vaccine"), lines={}, reasons={"a1": ["immunization"]})},
    "C9": {
        "refills": chart(
            given(family="antineoplastic", technique="pump_refill"),
            given("a2", "drug c", family="antineoplastic", technique="pump_refill", is_implanted=True),
            lines={"96521": 1, "96522": 1},
        ),
    },
    "C10": {
        "a-flush-alone": chart(push(purpose="flush"), lines={"96523": 1}),
        "declotting": chart(push(purpose="declotting"), lines={"36593": 1}),
    },
    "C11": {
        "a-pump-under-the-skin": chart(
            infusion(minutes=91, route="SC"),
            infusion("a2", "drug b", route="SC", is_new_setup=True),
            lines={"96369": 1, "96370": 1, "96371": 1},
        ),
    },
    "C13": {
        "routes-of-chemo": chart(
            *(
                chemo_push(f"a{place}", f"drug {place}", route=route)
                for place, route in enumerate(("pleural", "IP", "IT", "reservoir", "intravesical", "intralesional"))
            ),
            lines={"96440": 1, "96446": 1, "96450": 1, "96542": 1, "51720": 1, "96405": 1},
        ),
        "eight-lesions": chart(chemo_push(route="intralesional", lesions=8), lines={"96406": 1}),
        "into-an-artery": chart(
            infusion(route="IA"),
            chemo_push("a2", route="IA", at="12:00"),
            chemo("a3", "drug f", 91, route="IA"),
            lines={"96373": 1, "96420": 1, "96422": 1, "96423": 1},
        ),
    },
    "C14": {"a-tablet": chart(push(route="PO"), lines={}, reasons={"a1": ["route_not_coded"]})},
    "D2": {
        "potassium-for-a-deficiency": chart(infusion(drug=drug("potassium", is_electrolyte=True)), lines={"96365": 1}),
    },
    "D3": {
        "500-ml-and-no-more": chart(
            fluid(volume_ml=Decimal(500)),
            policy={"hydration_min_volume_ml": "500"},
            lines={},
            reasons={"a1": ["hydration_volume"]},
        ),
        "no-reason-for-hydration": chart(fluid(), about={"diagnoses": ("M05.79",)}, findings=["hydration_necessity"]),
    },
    "D4": {
        "fluid-before-chemo-as-part-of-it": chart(
            chemo(),
            fluid("a2", at="08:00", purpose="pre_hydration"),
            policy={"prehydration": "integral"},
            lines={"96413": 1},
            reasons={"a2": ["prehydration_integral"]},
        ),
        "hydration-with-its-modifier": chart(
            chemo(), fluid("a2", at="08:00"), policy={"hydration_modifier": "59"}, lines={"96413": 1, "96361-59": 1}
        ),
    },
    "D5": {
        "hydration-with-a-transfusion": chart(
            fluid(at="07:00"), blood(), lines={}, reasons={"a1": ["transfusion_hydration"], "b1": ["transfusion"]}
        ),
    },
    "E1": {"methotrexate-for-arthritis": chart(chemo(), about={"diagnoses": ("M05.79",)}, lines={"96413": 1})},
    "E3": {
        "a-biologic-that-the-payer-does-not-list": chart(
            infusion(drug=drug("drug p", "complex_biologic")), about={"payer": "independence"}, lines={"96413": 1}
        ),
    },
    "E4": {
        "denosumab-of-the-approved-list": chart(
            injection(name="denosumab"), about={"facility": "institutional-2020"}, lines={"96401": 1}
        ),
    },
    "F1": {
        "a-line-placed-for-it": chart(
            infusion(), about={"other_services": (OtherService("36000"),)}, findings=["included"]
        )
    },
    "F2": {
        "99211": chart(infusion(), about={"other_services": (OtherService("99211"),)}, findings=["em_99211"]),
        "a-visit-without-25": chart(
            infusion(), about={"other_services": (OtherService("99213"),)}, findings=["needs_25"]
        ),
    },
    "F3": {
        "six-injections": chart(
            *(injection(f"a{place}", f"drug {place}", at=f"{10 + place}:00") for place in range(6)),
            findings=["mue_exceeded"],
        ),
    },
    "F4": {
        "an-injection-beside-an-infusion": chart(infusion(), injection("a2", "drug b"), findings=["ncci_pair"]),
    },
    "F6": {
        "the-neoplasm-charted-first": chart(
            chemo(), about={"diagnoses": ("C18.9", "Z51.11")}, diagnoses=["Z51.11", "C18.9"], findings=["dx_sequence"]
        ),
    },
}
