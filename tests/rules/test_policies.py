from datetime import date
from typing import Any

import pytest

from rules.errors import BadValue, ParameterNotInForce, UnknownKey
from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import layer_name
from rules.rulebook.policy import Policy

TODAY = date(2026, 1, 15)


def policy(
    *,
    on: date = TODAY,
    setting: str = "facility",
    payer: str | None = None,
    facility: str | None = None,
    overrides: dict[str, Any] | None = None,
) -> Policy:
    in_force = load_rulebook().as_of(on)
    return in_force.policy(setting=setting, payer=payer, facility=facility, overrides=overrides or {})


class TestPolicy:
    def test_is_kept(self) -> None:
        assert policy(payer="medicare") is policy(payer="medicare")
        assert policy(overrides={"jz": "false"}) is policy(overrides={"jz": "false"})
        assert policy(overrides={"jz": "false"}) is not policy(overrides={"jz": "true"})

    def test_keeps_a_bounded_number(self) -> None:
        in_force = load_rulebook().as_of(date(2026, 1, 16))
        for number in range(300):
            in_force.policy(setting="facility", payer=f"payer {number}", facility=None, overrides={})
        assert len(in_force._policies) <= 256

    @pytest.mark.parametrize("setting", ["facility", "office"])
    @pytest.mark.parametrize("on", [date(2006, 1, 1), date(2017, 1, 1), TODAY, date.max])
    def test_has_every_key_from_the_first_day_of_the_base(self, setting: str, on: date) -> None:
        found = policy(setting=setting, on=on)
        assert set(found) == set(load_rulebook().policy_keys)
        assert [key for key, _ in found.values] == sorted(found)

    def test_base_is_every_default_but_for_the_setting(self) -> None:
        keys = load_rulebook().policy_keys
        assert dict(policy().values) == {key: keys[key].values[0] for key in keys}
        office = dict(policy(setting="office").values)
        assert {key for key in keys if office[key] != keys[key].values[0]} == {"push_and_infusion"}

    def test_before_the_base_names_key_and_date(self) -> None:
        found = policy(on=date(2005, 12, 31))
        assert found.values == ()
        assert found.layers == ()
        with pytest.raises(ParameterNotInForce, match="missing_stop has no value in force on 2005-12-31"):
            found["missing_stop"]
        with pytest.raises(ParameterNotInForce, match="missing_stop"):
            found.origin("missing_stop")

    def test_refuses_a_key_that_is_none(self) -> None:
        with pytest.raises(UnknownKey, match="wastemode is not a policy key"):
            policy()["wastemode"]

    def test_upper_layers_decide(self) -> None:
        found = policy(payer="medicare", facility="institutional-2020", overrides={"midnight_dating": "split"})
        assert found.name == "base › facility › medicare › institutional-2020 › override"  # noqa: RUF001 (as shown)
        assert found["midnight_dating"] == "split"
        assert found["pump_start"] == "G0498"
        assert found["hydration_total"] == "each"
        assert found["unit_rounding"] == "up"

    def test_says_where_a_value_comes_from(self) -> None:
        found = policy(payer="medicare", overrides={"jz": "true"})
        origin = found.origin("pump_start")
        assert (origin.layer, origin.since) == ("medicare", date(2016, 1, 1))
        assert origin.citation is not None
        assert origin.citation.source_id in load_rulebook().sources
        assert found.origin("jz").layer == "override"
        assert found.origin("jz").citation is None

    @pytest.mark.parametrize(("name", "found"), [("Medicare", "medicare"), (" Texas  Medicaid ", "texas-medicaid")])
    def test_finds_a_layer_however_its_name_is_written(self, name: str, found: str) -> None:
        assert layer_name(name) == found
        assert found in policy(payer=name).layers

    def test_names_layers_it_does_not_know_and_goes_on(self) -> None:
        found = policy(setting="barn", payer="Nobody", facility="Nowhere")
        assert found.unknown_layers == ("barn", "Nobody", "Nowhere")
        assert found.layers == ("base",)

    def test_a_layer_not_yet_in_force_is_unknown(self) -> None:
        found = policy(facility="institutional-2020", on=date(2020, 9, 15))
        assert found.unknown_layers == ("institutional-2020",)
        assert policy(facility="institutional-2020", on=date(2020, 9, 16)).unknown_layers == ()


class TestOverrides:
    @pytest.mark.parametrize("given", [30, "30"], ids=["number", "text"])
    def test_numbers_compare_as_text(self, given: object) -> None:
        assert policy(overrides={"repeat_push_gap": given})["repeat_push_gap"] == "30"

    @pytest.mark.parametrize("given", [False, "false"], ids=["truth", "text"])
    def test_truth_compares_as_text(self, given: object) -> None:
        assert policy(overrides={"jz": given})["jz"] == "false"

    def test_refuse_an_unknown_key(self) -> None:
        with pytest.raises(UnknownKey, match="override wastemode"):
            policy(overrides={"wastemode": "x"})

    def test_refuse_a_value_that_the_key_does_not_take(self) -> None:
        with pytest.raises(BadValue, match="override jz: 'perhaps' is not one of true, false"):
            policy(overrides={"jz": "perhaps"})


class TestShippedPolicies:
    @pytest.mark.parametrize(
        ("asked", "key", "value"),
        [
            ({"payer": "medicare"}, "ndc_required", "noc_only"),
            ({"payer": "medicare"}, "modifier_340b", "TB"),
            ({"payer": "medicaid"}, "ndc_required", "always"),
            ({"payer": "texas-medicaid"}, "noc_units", "containers"),
            ({"payer": "blue-cross-idaho"}, "waste_mode", "one_line_whole_vial"),
            ({"payer": "blue-cross-north-dakota"}, "jz", "false"),
            ({"payer": "noridian"}, "prehydration", "integral"),
            ({"payer": "select-health"}, "hydration_modifier", "59"),
            ({"payer": "independence"}, "chemo_definition", "payer_list"),
            ({"facility": "institutional-2020"}, "hydration_interval_min", "31"),
            ({"facility": "institutional-2020"}, "concurrent_min_overlap", "1"),
            ({"facility": "indication-strict"}, "chemo_definition", "indication"),
        ],
        ids=lambda each: each if isinstance(each, str) else "-".join(each.values()),
    )
    def test_say(self, asked: dict[str, str], key: str, value: str) -> None:
        assert policy(**asked)[key] == value  # type: ignore[arg-type]

    @pytest.mark.parametrize(("on", "value"), [(date(2015, 12, 31), "96416"), (date(2016, 1, 1), "G0498")])
    def test_medicare_starts_the_clinic_s_pump_with_its_own_code_since_2016(self, on: date, value: str) -> None:
        assert policy(payer="medicare", on=on)["pump_start"] == value


class TestChemoList:
    def test_of_independence_names_what_is_not_chemo(self) -> None:
        found = policy(payer="independence")
        assert found.chemo_list_names == "not_chemo"
        assert "J2357" in found.chemo_list
        assert not found.is_listed_as_chemo(["J2357"])
        assert found.is_listed_as_chemo(["J1745"])
        assert found.families["J1950"] == "therapeutic"

    def test_without_one_nothing_is_listed(self) -> None:
        assert policy().chemo_list == frozenset()
        assert not policy().is_listed_as_chemo(["J1745"])

    def test_of_independence_begins_on_its_day(self) -> None:
        found = policy(payer="independence", on=date(2022, 4, 25))
        assert found.chemo_list == frozenset()
        assert found.families == {}


class TestFamilies:
    def test_of_the_institutional_policy_are_its_approved_list(self) -> None:
        families = policy(facility="institutional-2020").families
        assert families["infliximab"] == "complex_biologic"
        assert families["leuprolide"] == "antineoplastic_hormonal"
        assert families["cisplatin"] == "antineoplastic"
        assert "leucovorin" not in families

    def test_of_the_base_are_the_formulary_s(self) -> None:
        assert policy().families == {}


class TestHydrationNecessity:
    def test_of_the_base_is_a_list_of_prefixes(self) -> None:
        assert {"E86.0", "R11", "Z51.11"} <= set(policy().hydration_necessity)

    def test_is_replaced_by_a_facility_s_own(self) -> None:
        found = policy(facility="institutional-2020").hydration_necessity
        assert "R11.10" in found
        assert "R11" not in found

    def test_is_empty_before_the_base(self) -> None:
        assert policy(on=date(1990, 1, 1)).hydration_necessity == ()


class TestPolicyLayer:
    def test_periods_are_each_given_once_earliest_first(self) -> None:
        medicare = next(layer for layer in load_rulebook().policies if layer.name == "medicare")
        starts = [period.since for period in medicare.periods]
        assert starts == sorted(set(starts))
        assert medicare.is_in_force(TODAY)
        assert not medicare.is_in_force(date(2000, 1, 1))
