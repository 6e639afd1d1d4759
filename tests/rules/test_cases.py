"""Published worked cases: one test for each, and the form that they take (docs/worked-cases.md)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.cases.comparison import run_case
from rules.cases.reading import facts_of_case
from rules.facts import Access, Quantity, Span
from rules.rulebook.loader import load_rulebook

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
PUBLISHED = ROOT.parent / "shared" / "cases"
ELECTROLYTES = frozenset({"potassium chloride", "magnesium sulfate"})
DEFAULTS = {"hormonal": False, "site": "A"}


def read(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.yaml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))


def parameters() -> Iterator[Any]:
    for case in read(CASES):
        reason = case.get("exclude")
        marks = [pytest.mark.skip(reason=str(reason))] if reason else []
        yield pytest.param(case, id=case["id"], marks=marks)


def full(case: dict[str, Any]) -> dict[str, Any]:
    """The case with what we left out because it is the default."""
    records = [
        {key: value for key, value in {**DEFAULTS, **record}.items() if value is not None}
        for record in case.get("administrations", ())
    ]
    return {**case, "administrations": records} if "administrations" in case else case


class TestPublishedCases:
    @pytest.mark.parametrize("case", list(parameters()))
    def test_is_answered_as_published_or_as_disputed(self, case: dict[str, Any]) -> None:
        outcome = run_case(case, rulebook=load_rulebook(), electrolytes=ELECTROLYTES)
        assert not outcome.error
        assert dict(outcome.given) == dict(outcome.wanted)
        assert outcome.passed

    @pytest.mark.parametrize(
        "case",
        [
            pytest.param(case, id=case["id"])
            for case in read(CASES)
            if case["soundness"] == "disagrees" and not case.get("exclude")
        ],
    )
    def test_is_disputed_for_a_reason(self, case: dict[str, Any]) -> None:
        assert case["soundness_note"]
        assert "current_lines" in case
        agreed = run_case({**case, "soundness": "agrees"}, rulebook=load_rulebook(), electrolytes=ELECTROLYTES)
        assert not agreed.passed

    @pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published cases do not lie beside the checkout")
    def test_are_all_here_and_unchanged(self) -> None:
        ours = {case["id"]: full(case) for case in read(CASES)}
        theirs = {case["id"]: full(case) for case in read(PUBLISHED)}
        assert set(ours) == set(theirs)
        assert [key for key, case in theirs.items() if ours[key] != case] == []

    def test_have_ids_of_their_own(self) -> None:
        ids = [case["id"] for case in read(CASES)]
        assert len(set(ids)) == len(ids)


def facts(*records: dict[str, Any], **keys: Any) -> Any:
    given = [{"id": f"a{place}", "kind": "therapeutic", **record} for place, record in enumerate(records, 1)]
    return facts_of_case({"id": "c1", "administrations": given, **keys})


def at(hour: int, minute: int = 0, day: int = 15) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def times(*records: dict[str, Any]) -> list[tuple[datetime | None, datetime | None]]:
    return [(one.start, one.stop) for one in facts(*records).administrations]


class TestFactsOfCase:
    @pytest.mark.parametrize(
        ("record", "wanted"),
        [
            ({"start": "D1 10:00", "stop": "D2 01:30"}, (at(10), at(1, 30, 16))),
            ({"start": "D1 10:00", "minutes": 90}, (at(10), at(11, 30))),
            ({"stop": "D1 11:30", "minutes": 90}, (at(10), at(11, 30))),
            ({"start": "D1 10:00", "stop": "D1 10:20", "minutes": 90}, (at(10), at(10, 20))),
            ({"start": "D1 10:00"}, (at(10), None)),
            ({"minutes": 30}, (at(8), at(8, 30))),
            ({"technique": "push"}, (at(8), None)),
            ({"technique": "infusion"}, (None, None)),
            ({"technique": "infusion", "minutes": 0}, (at(8), at(8))),
        ],
        ids=str,
    )
    def test_completes_missing_times(self, record: dict[str, Any], wanted: object) -> None:
        assert times(record) == [wanted]

    def test_lays_out_records_without_times_from_eight_then_after_the_latest_known(self) -> None:
        assert times({"start": "D1 09:00", "stop": "D1 10:00"}, {"minutes": 30}, {"technique": "push"}) == [
            (at(9), at(10)),
            (at(8), at(8, 30)),
            (at(10, 5), None),
        ]

    def test_lays_out_after_segments_too(self) -> None:
        parts = {"segments": [["D1 09:00", "D1 10:00"], ["D1 11:00", "D1 12:00"]]}
        assert times({"minutes": 30}, parts, {"minutes": 30})[2] == (at(12, 5), at(12, 35))
        assert facts(parts).administrations[0].segments == (Span(at(9), at(10)), Span(at(11), at(12)))

    def test_gives_members_of_a_bag_one_slot(self) -> None:
        both = times({"bag": "1", "minutes": 30}, {"bag": "1", "minutes": 30})
        assert both == [(at(8), at(8, 30))] * 2
        other = times({"bag": "1", "minutes": 30}, {"bag": "1", "minutes": 30, "site": "B"})
        assert other[1] == (at(8, 35), at(9, 5))

    def test_takes_a_further_site_for_needed_unless_it_is_listed(self) -> None:
        assert facts({"site": "A"}, {"site": "B"}).accesses == (Access("A", "protocol"), Access("B", "protocol"))
        listed = facts({"site": "B"}, accesses=[{"label": "B", "reason": "flow"}])
        assert listed.accesses == (Access("B", "flow"),)

    def test_reads_a_volume_from_the_dose_of_a_fluid(self) -> None:
        one, two, three = facts(
            {"dose": "1,000 mL"}, {"volume": "1 L", "dose": "5 mg"}, {"dose": "5 mg"}
        ).administrations
        assert (one.volume_ml, two.volume_ml, three.volume_ml) == (1000, 1000, None)
        assert three.dose == Quantity(Decimal(5), "mg")

    @pytest.mark.parametrize(
        ("kind", "family"),
        [
            ({"kind": "chemo"}, "antineoplastic"),
            ({"kind": "chemo", "hormonal": True}, "antineoplastic_hormonal"),
            ({"kind": "therapeutic", "hormonal": True}, "therapeutic"),
            ({"kind": "immune_globulin"}, "therapeutic"),
            ({"kind": "complex_biologic"}, "complex_biologic"),
            ({"kind": None}, "other"),
        ],
        ids=str,
    )
    def test_takes_the_family_from_the_kind(self, kind: dict[str, Any], family: str) -> None:
        assert facts(kind).administrations[0].drug.family == family

    def test_marks_the_electrolytes_it_is_told_of(self) -> None:
        case = {"administrations": [{"drug": "Potassium Chloride", "kind": "therapeutic"}]}
        assert facts_of_case(case, electrolytes=ELECTROLYTES).administrations[0].drug.is_electrolyte

    def test_reads_words_however_they_are_written(self) -> None:
        found = facts(
            {
                "kind": "Therapeutic",
                "route": "iv",
                "technique": "Infusion",
                "start": "d1 10:00:30",
                "status": "Stopped",
            },
            {"route": "Po", "purpose": "KVO", "implanted": "false", "new_setup": "yes", "start": "D1 7:05"},
            setting="Office",
            diagnoses="C18.9",
            accesses=[{"label": "A", "reason": "Flow"}],
        )
        one, two = found.administrations
        assert (one.route, one.technique, one.start, one.status) == ("IV", "infusion", at(10), "stopped")
        assert (two.route, two.purpose, two.is_implanted, two.is_new_setup) == ("PO", "kvo", False, True)
        assert two.start == at(7, 5)
        assert (found.setting, found.diagnoses) == ("office", ("C18.9",))
        assert found.accesses == (Access("A", "flow"),)

    @pytest.mark.parametrize("on", ["2024-07-01", date(2024, 7, 1), datetime(2024, 7, 1, 5, tzinfo=UTC)], ids=repr)
    def test_reads_the_date_of_service(self, on: object) -> None:
        assert facts({}, date_of_service=on).date_of_service == date(2024, 7, 1)

    def test_reads_what_concerns_the_encounter(self) -> None:
        found = facts(
            {"tap": "none", "puncture_by_other": True, "implanted": True, "new_setup": True, "lesions": 8},
            setting="office",
            primary_reason="a1",
            diagnoses=["C18.9"],
            encounter={"start": "D1 07:00", "end": "D1 19:00"},
            inpatient_order="D1 15:00",
        )
        one = found.administrations[0]
        assert one.is_without_tap
        assert one.is_puncture_by_other
        assert one.is_implanted
        assert one.is_new_setup
        assert one.lesions == 8
        assert (found.setting, found.primary_reason, found.diagnoses) == ("office", "a1", ("C18.9",))
        assert (found.start, found.end, found.inpatient_order) == (at(7), at(19), at(15))

    @pytest.mark.parametrize(
        ("case", "discarded"),
        [
            ({}, Quantity(Decimal(60), "mg")),
            ({"discarded": None}, None),
            ({"discarded": "50 mg"}, Quantity(Decimal(50), "mg")),
            ({"dose": "500 mg"}, None),
            ({"containers": []}, None),
            ({"containers": [{"size": "4 mL"}]}, None),
        ],
        ids=str,
    )
    def test_takes_the_rest_for_charted_unless_told(self, case: dict[str, Any], discarded: object) -> None:
        whole = {"per": "10 mg", "dose": "340 mg", "containers": [{"size": "100 mg", "count": 4}], **case}
        assert facts_of_case(whole).administrations[0].discarded == discarded

    def test_reads_the_ndc(self) -> None:
        case = {"per": "10 mg", "ndc": {"label": "0517-0650-01", "claim": "00517065001", "unit": "ML", "quantity": 2}}
        ndc = facts_of_case(case).administrations[0].ndc
        assert ndc is not None
        assert (ndc.label, ndc.claim, ndc.unit, ndc.quantity) == ("0517-0650-01", "00517065001", "ML", 2)
        assert facts_of_case({"per": "10 mg"}).administrations[0].ndc is None


class TestRunCase:
    CASE = {
        "id": "c1",
        "administrations": [
            {"id": "a1", "kind": "therapeutic", "route": "IV", "technique": "infusion", "minutes": 60},
            {"id": "a2", "kind": "blood", "route": "IV", "technique": "infusion", "minutes": 60},
            {"id": "a3", "kind": "therapeutic", "route": "IV", "technique": "infusion", "minutes": 60, "site": "B"},
        ],
    }

    @pytest.mark.parametrize(
        ("lines", "is_passed"),
        [
            ([{"code": "96365", "units": 2}], True),
            ([{"code": 96365, "units": 2}], True),
            ([{"code": "96365"}, {"code": "96365"}, {"code": "36430"}], True),
            ([{"code": "96365"}, {"code": "96365", "modifiers": ["59"]}], True),
            ([{"code": "96365"}, {"code": "96365", "modifiers": ["XS"]}], False),
            ([{"code": "96365", "units": 1}], False),
            ([], False),
        ],
        ids=str,
    )
    def test_compares_units_and_only_listed_modifiers(self, lines: list[object], is_passed: bool) -> None:
        case = {**self.CASE, "expected": {"lines": lines}}
        assert run_case(case, rulebook=load_rulebook()).passed is is_passed

    def test_takes_a_single_modifier_for_a_list_of_one(self) -> None:
        lines = [{"code": "96365"}, {"code": "96365", "modifiers": 59}]
        assert run_case({**self.CASE, "expected": {"lines": lines}}, rulebook=load_rulebook()).passed

    def test_lists_what_has_no_line(self) -> None:
        assert run_case(self.CASE, rulebook=load_rulebook()).not_billable == ("a2",)

    @pytest.mark.parametrize("value", [1, "1"], ids=repr)
    def test_compares_policy_values_as_text(self, value: object) -> None:
        case = {**self.CASE, "policy": {"concurrent_min_overlap": value, "jz": False, "prehydration": "separate"}}
        assert not run_case(case, rulebook=load_rulebook()).error

    def test_always_compares_the_modifiers_of_drug_lines(self) -> None:
        case = {
            "per": "10 mg",
            "hcpcs": "J9035",
            "dose": "70 mg",
            "containers": [{"size": "100 mg", "single_dose": True}],
        }
        bare = {"lines": [{"code": "J9035", "units": 10}]}
        assert not run_case({**case, "expected": bare}, rulebook=load_rulebook()).passed
        full = {"lines": [{"code": "J9035", "units": 7}, {"code": "J9035", "units": 3, "modifiers": ["JW"]}]}
        assert run_case({**case, "expected": full}, rulebook=load_rulebook()).passed
