"""A whole run: policy, family, versions, and dates on which nothing is in force."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rules.engine import ENGINE_VERSION, STAGES, code_encounter
from rules.errors import BadValue, UnknownKey
from rules.facts import BillingCodeFacts
from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import Rulebook
from tests.factories.facts import coded, codes, drug, encounter, findings, infusion, injection, push, quantity, reasons

DAY = date(2026, 1, 15)
BIOLOGIC = infusion(drug=drug("infliximab", "complex_biologic"))


class TestFamily:
    @pytest.mark.parametrize(
        ("definition", "diagnoses", "antineoplastic", "biologic"),
        [
            ("cpt", None, "96413", "96413"),
            ("cpt", ("M06.9",), "96413", "96413"),
            ("indication", None, "96365", "96365"),
            ("indication", ("M06.9",), "96365", "96365"),
            ("indication", ("D49.9",), "96413", "96413"),
            ("indication", ("D50.9",), "96365", "96365"),
            ("indication", ("c189",), "96413", "96413"),
            ("indication", ("Z51.11",), "96413", "96413"),
            ("payer_list", None, "96413", "96365"),
        ],
    )
    def test_of_chemo_is_a_policy(
        self, definition: str, diagnoses: tuple[str, ...] | None, antineoplastic: str, biologic: str
    ) -> None:
        policy = {"chemo_definition": definition}
        one = infusion(family="antineoplastic")
        assert codes(one, policy=policy, diagnoses=diagnoses) == {antineoplastic: 1}
        assert codes(BIOLOGIC, policy=policy, diagnoses=diagnoses) == {biologic: 1}

    def test_is_that_of_the_payer_s_own_list(self) -> None:
        def listed(code: str) -> dict[str, int]:
            billing = (BillingCodeFacts(code, quantity("10 mg")),)
            one = infusion(drug=drug("drug b", "complex_biologic", billing_codes=billing), purpose=None)
            return codes(one, payer="independence")

        assert listed("J0717") == {"96365": 1}
        assert listed("J1745") == {"96413": 1}

    @pytest.mark.parametrize(("policy", "code"), [("therapeutic", "96365"), ("hydration", "96360")])
    def test_of_an_electrolyte_is_a_policy(self, policy: str, code: str) -> None:
        one = infusion(drug=drug("potassium", is_electrolyte=True))
        assert codes(one, policy={"electrolyte_rider": policy}) == {code: 1}

    def test_of_a_bag_is_its_highest(self) -> None:
        bag = [infusion(bag="1"), infusion("a2", "drug c", family="antineoplastic", bag="1")]
        assert codes(*bag) == {"96413": 1}
        wet = [infusion(bag="1"), infusion("a2", "saline", family="hydration_fluid", bag="1")]
        assert codes(*wet) == {"96365": 1}


class TestCodeEncounter:
    def test_codes_nothing_where_a_stage_finds_nothing_in_force(self) -> None:
        rulebook = Rulebook(replace(load_rulebook().content, hierarchies={}))
        result = code_encounter(encounter(infusion(), push("a2", "drug b")), rulebook=rulebook)
        assert not result.lines
        assert [one.reason for one in result.not_billed] == ["rule_not_in_force"] * 2

    def test_of_any_number_of_payers_is_the_same(self) -> None:
        rulebook = Rulebook(load_rulebook().content)
        days = [DAY + timedelta(days=count) for count in range(1100)]
        lines = [
            code_encounter(encounter(infusion(), date_of_service=on), rulebook=rulebook).lines[0].code for on in days
        ]
        assert set(lines) == {"96365"}

    def test_names_what_made_the_result(self) -> None:
        versions = coded(push(), payer="medicare", policy={"jz": "false"}).versions
        assert versions.engine == ENGINE_VERSION
        assert versions.rulebook == load_rulebook().version
        assert versions.layers == ("base", "facility", "medicare", "override")
        assert dict(versions.values)["jz"] == "false"

    def test_refuses_an_override_that_is_none(self) -> None:
        with pytest.raises(UnknownKey, match="nothing"):
            coded(push(), policy={"nothing": "1"})
        with pytest.raises(BadValue, match="maybe"):
            coded(push(), policy={"jz": "maybe"})

    def test_codes_nothing_on_a_date_without_rules(self) -> None:
        result = coded(push(), date_of_service=date(2005, 12, 31))
        assert result.lines == ()
        assert findings(result) == ["rule_not_in_force"]
        assert reasons(result) == {"a1": ["rule_not_in_force"]}

    def test_of_nothing_is_nothing(self) -> None:
        result = code_encounter(encounter(), rulebook=load_rulebook())
        assert (result.lines, result.findings, result.not_billed, result.minute_ledger) == ((), (), (), ())

    def test_runs_each_stage_once(self) -> None:
        assert len(set(STAGES)) == len(STAGES)

    def test_withholds_only_what_has_no_code_on_the_date(self) -> None:
        both = [push(), injection("a2", "drug p", route="SC", family="antineoplastic")]
        result = coded(*both, date_of_service=date(2008, 1, 15))
        assert [line.code for line in result.lines] == ["96401"]
        assert findings(result) == ["rule_not_in_force"]
        assert reasons(result) == {"a1": ["rule_not_in_force"]}

    def test_says_so_too_where_the_code_takes_no_minutes(self) -> None:
        pumps = [infusion(route="SC"), infusion("a2", "drug b", route="SC", at="11:00", is_new_setup=True)]
        result = coded(*pumps, date_of_service=date(2008, 1, 15))
        assert result.lines == ()
        assert set(findings(result)) == {"rule_not_in_force"}
        assert set(reasons(result)) == {"a1", "a2"}


def test_a_code_that_is_not_in_force_is_no_losing_alternative() -> None:
    given = (infusion(), push("a2", "drug b", at="10:10"))
    content = load_rulebook().content
    without = Rulebook(replace(content, codes=tuple(entry for entry in content.codes if entry.code != "96374")))
    lost = [
        {each.code for line in code_encounter(encounter(*given), rulebook=rulebook).lines for each in line.lost}
        for rulebook in (load_rulebook(), without)
    ]
    assert "96374" in lost[0]
    assert "96374" not in lost[1]
