from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from rules.effective import EffectivePeriod
from rules.errors import ParameterNotInForce, UnknownKey
from rules.rulebook.entries import INITIAL_SERVICES
from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import Minutes, Rulebook

BEFORE_EVERYTHING = date(1900, 1, 1)
TODAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


class TestAsOf:
    def test_is_kept(self, rulebook: Rulebook) -> None:
        assert rulebook.as_of(TODAY) is rulebook.as_of(TODAY)
        assert rulebook.as_of(TODAY).date == TODAY

    def test_takes_any_date(self, rulebook: Rulebook) -> None:
        for on in (date.min, BEFORE_EVERYTHING, date.max):
            assert rulebook.as_of(on).date == on

    def test_keeps_a_bounded_number_of_dates(self) -> None:
        rulebook = Rulebook(load_rulebook().content)
        first = rulebook.as_of(TODAY)
        for days in range(1, 1030):
            rulebook.as_of(TODAY + timedelta(days=days))
        assert len(rulebook._as_of) <= 1024
        assert rulebook.as_of(TODAY) is not first

    def test_shares_a_bounded_number_of_tables_between_dates(self) -> None:
        rulebook = Rulebook(load_rulebook().content)
        policy = rulebook.as_of(TODAY).policy(setting="facility", payer=None, facility=None, overrides={})
        rulebook._shared.update((number, number) for number in range(1024))
        terms = rulebook.as_of(TODAY).terms(policy=policy, setting="facility")
        assert len(rulebook._shared) <= 2
        assert terms.slots == rulebook.as_of(TODAY).slots("facility")


class TestLabel:
    def test_is_our_own(self, rulebook: Rulebook) -> None:
        assert rulebook.label("96413") == "Chemo infusion, first hour"

    def test_falls_back_to_the_code(self, rulebook: Rulebook) -> None:
        assert rulebook.label("J1745") == "J1745"


class TestCodes:
    @pytest.mark.parametrize(
        ("slot", "code"),
        [("hydration_initial", "96360"), ("chemo_infusion_initial", "96413"), ("pump_start_medicare", "G0498")],
    )
    def test_are_found_by_slot(self, rulebook: Rulebook, slot: str, code: str) -> None:
        assert rulebook.as_of(TODAY).codes[slot] == code

    @pytest.mark.parametrize(
        ("slot", "since"),
        [("on_body_injector", date(2017, 1, 1)), ("pump_start_medicare", date(2016, 1, 1))],
    )
    def test_are_not_in_force_before_their_first_day(self, rulebook: Rulebook, slot: str, since: date) -> None:
        assert rulebook.as_of(since).codes[slot]
        with pytest.raises(ParameterNotInForce, match=f"{slot} .*{since - timedelta(days=1)}"):
            rulebook.as_of(since - timedelta(days=1)).codes[slot]

    def test_an_unknown_slot_is_named(self, rulebook: Rulebook) -> None:
        with pytest.raises(ParameterNotInForce, match="code slot lunch"):
            rulebook.as_of(TODAY).codes["lunch"]


class TestLabels:
    def test_are_those_of_the_codes_in_force(self, rulebook: Rulebook) -> None:
        labels = rulebook.labels_on(TODAY)
        assert dict(labels)["96413"] == rulebook.label("96413")
        assert list(labels) == sorted(labels)
        assert "96365" not in dict(rulebook.labels_on(date(2008, 12, 31)))


class TestMinutes:
    def test_are_the_thresholds(self, rulebook: Rulebook) -> None:
        assert rulebook.as_of(TODAY).minutes == Minutes(
            infusion_from=16,
            first_hour_to=90,
            hour=60,
            additional_from=31,
            hydration_from=31,
            prolonged_over=480,
            run_limit=1440,
            pump_run_limit=527040,
        )

    def test_are_not_in_force_before_their_first_day(self, rulebook: Rulebook) -> None:
        with pytest.raises(ParameterNotInForce, match="1900-01-01"):
            _ = rulebook.as_of(BEFORE_EVERYTHING).minutes


class TestDiscardedDrug:
    @pytest.mark.parametrize(
        ("on", "jw", "jz"),
        [
            (date(2016, 12, 31), False, False),
            (date(2017, 1, 1), True, False),
            (date(2023, 6, 30), True, False),
            (date(2023, 7, 1), True, True),
        ],
    )
    def test_modifiers_begin_on_their_days(self, rulebook: Rulebook, on: date, jw: bool, jz: bool) -> None:
        assert rulebook.as_of(on).is_jw_in_force is jw
        assert rulebook.as_of(on).is_jz_in_force is jz


class TestHierarchy:
    def test_is_the_facility_s_order(self, rulebook: Rulebook) -> None:
        assert rulebook.as_of(TODAY).hierarchy == INITIAL_SERVICES

    def test_of_an_unknown_setting_is_not_in_force(self, rulebook: Rulebook) -> None:
        with pytest.raises(ParameterNotInForce, match="setting barn"):
            rulebook.as_of(TODAY).hierarchy_of("barn")

    def test_is_not_in_force_before_its_first_day(self, rulebook: Rulebook) -> None:
        with pytest.raises(ParameterNotInForce, match="1900-01-01"):
            _ = rulebook.as_of(BEFORE_EVERYTHING).hierarchy


class TestNumber:
    def test_is_found(self, rulebook: Rulebook) -> None:
        assert rulebook.as_of(TODAY).number("lesions_to") == 7

    def test_unknown_is_named(self, rulebook: Rulebook) -> None:
        with pytest.raises(UnknownKey, match="lunch is not a parameter"):
            rulebook.as_of(TODAY).number("lunch")

    def test_is_not_in_force_before_its_first_day(self, rulebook: Rulebook) -> None:
        with pytest.raises(ParameterNotInForce, match="lesions_to: none in force on 1900-01-01"):
            rulebook.as_of(BEFORE_EVERYTHING).number("lesions_to")


class TestRule:
    def test_is_found(self, rulebook: Rulebook) -> None:
        rule = rulebook.as_of(TODAY).rule("B3")
        assert rule is rulebook.rules["B3"]
        assert rule.citations
        assert rule.section == "§4"

    def test_unknown_is_named(self, rulebook: Rulebook) -> None:
        with pytest.raises(UnknownKey, match="Z9 is not a rule"):
            rulebook.as_of(TODAY).rule("Z9")

    def test_does_not_hold_before_its_first_day(self, rulebook: Rulebook) -> None:
        assert rulebook.as_of(date(2023, 7, 1)).rule("H6")
        with pytest.raises(ParameterNotInForce, match="rule H6 does not hold on 2023-06-30"):
            rulebook.as_of(date(2023, 6, 30)).rule("H6")


class TestPrice:
    @pytest.mark.parametrize(
        ("on", "price"),
        [
            (date(2022, 12, 31), None),
            (date(2023, 1, 1), Decimal("332.62")),
            (date(2024, 6, 1), Decimal("322.68")),
            (date(2025, 12, 31), Decimal("331.69")),
            (date(2026, 1, 1), Decimal("337.46")),
            (date(2027, 1, 1), None),
        ],
    )
    def test_is_that_of_the_date(self, rulebook: Rulebook, on: date, price: Decimal | None) -> None:
        assert rulebook.as_of(on).price("96413", "facility") == price

    def test_of_a_packaged_code_is_nothing(self, rulebook: Rulebook) -> None:
        in_force = rulebook.as_of(TODAY)
        assert in_force.price("96368", "facility") == Decimal(0)
        assert in_force.is_packaged("96368", "facility")
        assert not in_force.is_packaged("96413", "facility")

    def test_of_an_office_is_not_known(self, rulebook: Rulebook) -> None:
        in_force = rulebook.as_of(TODAY)
        assert in_force.price("96413", "office") is None
        assert not in_force.is_packaged("96368", "office")

    def test_of_an_unknown_code_is_not_known(self, rulebook: Rulebook) -> None:
        assert rulebook.as_of(TODAY).price("00000", "facility") is None

    def test_of_a_code_paid_elsewhere_is_not_known(self, rulebook: Rulebook) -> None:
        assert rulebook.as_of(TODAY).price("C9399", "facility") is None


class TestSwitchedOff:
    def test_a_threshold_that_ended_takes_the_minutes_with_it(self) -> None:
        content = load_rulebook().content
        hour = content.parameters["hour"][0]
        ended = replace(hour, period=EffectivePeriod(date(2006, 1, 1), date(2020, 1, 1)))
        rulebook = Rulebook(replace(content, parameters={**content.parameters, "hour": (ended,)}))
        assert rulebook.as_of(date(2019, 12, 31)).minutes.hour == 60
        with pytest.raises(ParameterNotInForce):
            _ = rulebook.as_of(date(2020, 1, 1)).minutes
