"""Injections, pumps and every other route."""

import pytest

from rules.facts import Administration
from tests.factories.facts import chemo, coded, codes, findings, given, infusion, injection, push, reasons

CHEMO = {"family": "antineoplastic"}


class TestInjections:
    @pytest.mark.parametrize("route", ["IM", "SC"])
    @pytest.mark.parametrize(
        ("family", "code"),
        [
            ("therapeutic", "96372"),
            ("antineoplastic", "96401"),
            ("antineoplastic_hormonal", "96402"),
            ("complex_biologic", "96401"),
        ],
    )
    def test_take_the_code_of_their_family(self, route: str, family: str, code: str) -> None:
        assert codes(injection(route=route, family=family)) == {code: 1}

    def test_never_make_another_an_add_on(self) -> None:
        assert codes(injection(at="08:00", **CHEMO), push("a2")) == {"96401": 1, "96374": 1}

    def test_on_body_injector(self) -> None:
        assert codes(given(route="SC", technique="on_body_injector")) == {"96377": 1}

    @pytest.mark.parametrize(
        ("policy", "wanted"),
        [("per_injection", {"96372": 2}), ("per_injection_59", {"96372": 1, "96372-59": 1}), ("once", {"96372": 1})],
    )
    def test_of_one_dose_are_a_policy(self, policy: str, wanted: dict[str, int]) -> None:
        two = [injection(order="o1"), injection("a2", order="o1", at="10:01")]
        assert codes(*two, policy={"split_dose": policy}) == wanted
        assert reasons(coded(*two, policy={"split_dose": policy})) == (
            {"a2": ["split_dose"]} if policy == "once" else {}
        )
        apart = [injection(order="o1"), injection("a2", order="o2", at="10:01"), injection("a3", at="10:02")]
        assert codes(*apart, policy={"split_dose": policy}) == {"96372": 3}
        routes = [injection(order="o1"), injection("a2", order="o1", route="SC", at="10:01")]
        assert codes(*routes, policy={"split_dose": policy}) == {"96372": 2}


class TestPumpUnderTheSkin:
    @pytest.mark.parametrize(
        ("minutes", "wanted"),
        [
            (15, {"96372": 1}),
            (16, {"96369": 1}),
            (90, {"96369": 1}),
            (91, {"96369": 1, "96370": 1}),
            (151, {"96369": 1, "96370": 2}),
        ],
    )
    def test_is_timed(self, minutes: int, wanted: dict[str, int]) -> None:
        assert codes(infusion(minutes=minutes, route="SC")) == wanted

    def test_is_timed_over_all_drugs(self) -> None:
        two = [infusion(minutes=60, route="SC"), infusion("a2", "drug b", 61, route="SC", at="10:30")]
        assert codes(*two) == {"96369": 1, "96370": 1}

    def test_is_reported_again_for_a_further_set_up(self) -> None:
        two = [infusion(route="SC"), infusion("a2", "drug b", route="SC", at="11:00", is_new_setup=True)]
        assert codes(*two) == {"96369": 1, "96370": 1, "96371": 1}
        assert codes(infusion(route="SC", is_new_setup=True)) == {"96369": 1}

    def test_without_a_stop_is_an_injection_or_nothing(self) -> None:
        one = infusion(minutes=None, route="SC")
        assert codes(one) == {"96372": 1}
        assert codes(one, policy={"missing_stop": "query"}) == {}

    def test_of_chemo_has_no_code(self) -> None:
        result = coded(chemo(route="SC"))
        assert [line.code for line in result.lines] == ["96549"]
        assert findings(result) == ["unlisted"]


class TestPumps:
    @pytest.mark.parametrize(
        ("one", "setting", "policy", "wanted"),
        [
            pytest.param(CHEMO, "facility", "96416", {"96416": 1}, id="chemo"),
            pytest.param(CHEMO, "office", "G0498", {"G0498": 1}, id="chemo of Medicare"),
            pytest.param({}, "facility", "96416", {"C8957": 1}, id="facility"),
            pytest.param({}, "office", "96416", {"96379": 1}, id="office"),
        ],
    )
    def test_initiation_stands_alone(
        self, one: dict[str, str], setting: str, policy: str, wanted: dict[str, int]
    ) -> None:
        pump = given("p1", "drug p", technique="pump_initiation", minutes=2760, **one)
        chosen = {"pump_start": policy}
        assert codes(pump, setting=setting, policy=chosen) == wanted
        assert codes(pump, push(), setting=setting, policy=chosen) == {**wanted, "96374": 1}

    @pytest.mark.parametrize(("one", "code"), [(CHEMO, "96549"), ({}, "96379")], ids=["chemo", "therapeutic"])
    def test_unattended_is_unlisted(self, one: dict[str, str], code: str) -> None:
        for route in ("IV", "IA") if one else ("IV",):
            result = coded(given(technique="pump_unattended", minutes=300, route=route, **one))
            assert [line.code for line in result.lines] == [code]
            assert findings(result) == ["unlisted"]

    @pytest.mark.parametrize(("is_implanted", "code"), [(False, "96521"), (True, "96522")])
    def test_refill(self, is_implanted: bool, code: str) -> None:
        assert codes(given(technique="pump_refill", is_implanted=is_implanted)) == {code: 1}


class TestOtherRoutes:
    @pytest.mark.parametrize(
        ("route", "code"),
        [("pleural", "96440"), ("IP", "96446"), ("IT", "96450"), ("reservoir", "96542"), ("intravesical", "51720")],
    )
    def test_of_chemo(self, route: str, code: str) -> None:
        assert codes(given(route=route, technique="injection", **CHEMO)) == {code: 1}
        assert codes(given(route=route, technique="injection")) == {"96379": 1}

    @pytest.mark.parametrize(("lesions", "code"), [(1, "96405"), (7, "96405"), (8, "96406")])
    def test_into_lesions(self, lesions: int, code: str) -> None:
        assert codes(given(route="intralesional", lesions=lesions, **CHEMO)) == {code: 1}

    @pytest.mark.parametrize(
        ("one", "wanted"),
        [
            pytest.param(infusion(route="IA"), {"96373": 1}, id="therapeutic infusion"),
            pytest.param(injection(route="IA"), {"96373": 1}, id="therapeutic injection"),
            pytest.param(injection(route="IA", **CHEMO), {"96420": 1}, id="chemo push"),
            pytest.param(chemo(route="IA", minutes=15), {"96420": 1}, id="15 minutes"),
            pytest.param(chemo(route="IA", minutes=16), {"96422": 1}, id="16 minutes"),
            pytest.param(chemo(route="IA", minutes=151), {"96422": 1, "96423": 2}, id="151 minutes"),
            pytest.param(given(route="IA", technique="pump_initiation", **CHEMO), {"96425": 1}, id="prolonged"),
        ],
    )
    def test_into_an_artery(self, one: Administration, wanted: dict[str, int]) -> None:
        assert codes(one) == wanted

    @pytest.mark.parametrize(
        ("route", "mark", "code"),
        [("IT", {"is_puncture_by_other": True}, "96450"), ("pleural", {"is_without_tap": True}, "96440")],
    )
    def test_are_reduced_on_a_professional_claim(self, route: str, mark: dict[str, bool], code: str) -> None:
        one = given(route=route, technique="injection", **CHEMO, **mark)
        assert codes(one, setting="office") == {f"{code}-52": 1}
        assert codes(one) == {code: 1}
        assert codes(one, is_professional_claim=True) == {f"{code}-52": 1}

    def test_declotting_is_separate(self) -> None:
        assert codes(push("a1", "alteplase", purpose="declotting"), push("a2")) == {"36593": 1, "96374": 1}
