"""The one initial service of each needed access."""

import itertools
from typing import TypeAlias

import pytest

from rules.facts import Access, Administration
from tests.factories.facts import chemo, chemo_push, coded, codes, findings, fluid, infusion, push

RANKS = [
    (chemo("r1", at="14:00"), "96413"),
    (chemo_push("r2", "drug d", at="13:00"), "96409"),
    (infusion("r3", at="12:00"), "96365"),
    (push("r4", "drug b", at="11:00"), "96374"),
    (fluid("r5", 60, at="09:00"), "96360"),
]
Ranked: TypeAlias = tuple[Administration, str]
INITIAL = {code for _, code in RANKS}


class TestHierarchy:
    @pytest.mark.parametrize(
        ("higher", "lower"),
        [pytest.param(*pair, id=f"{pair[0][1]} over {pair[1][1]}") for pair in itertools.combinations(RANKS, 2)],
    )
    def test_ranks_families_whatever_the_clock(
        self, higher: tuple[Administration, str], lower: tuple[Administration, str]
    ) -> None:
        for setting in ("facility", "office"):
            found = codes(higher[0], lower[0], setting=setting)
            assert INITIAL & set(found) == {higher[1]}

    def test_breaks_ties_by_minutes_then_start_then_id(self) -> None:
        def initial(*two: Administration) -> tuple[str, ...]:
            return next(line.administrations for line in coded(*two).lines if line.role == "initial")

        assert initial(infusion(minutes=60), infusion("a2", "drug b", 61, at="12:00")) == ("a2",)
        assert initial(infusion("a2", minutes=60), infusion("a1", "drug b", 60, at="12:00")) == ("a2",)
        assert initial(infusion("a2"), infusion("a10", "drug b")) == ("a10",)


class TestPrimaryReason:
    BOTH = (infusion(), push("a2", "drug b", at="12:00"))

    def test_chooses_in_an_office(self) -> None:
        assert codes(*self.BOTH, setting="office", primary_reason="a2") == {"96374": 1, "96367": 1}
        assert codes(*self.BOTH, setting="facility", primary_reason="a2") == {"96365": 1, "96375": 1}
        by_rank = {"office_initial": "hierarchy"}
        assert codes(*self.BOTH, setting="office", primary_reason="a2", policy=by_rank) == {"96365": 1, "96375": 1}

    @pytest.mark.parametrize(
        ("first", "is_found"),
        [(chemo(), False), (infusion("a1", "drug z"), False), (fluid(minutes=60), True)],
        ids=["chemo", "therapeutic", "hydration"],
    )
    def test_that_is_not_named_is_found_where_families_compete(self, first: Administration, is_found: bool) -> None:
        result = coded(first, infusion("a3", at="15:00"), setting="office")
        assert ("primary_reason_not_named" in findings(result)) is is_found

    def test_yields_to_chemo(self) -> None:
        two = [chemo(), infusion("a2", at="12:00")]
        assert codes(*two, setting="office", primary_reason="a2") == {"96413": 1, "96367": 1}
        pushed = [chemo_push(), infusion("a2", at="12:00")]
        assert codes(*pushed, setting="office", primary_reason="a2") == {"96409": 1, "96367": 1}

    def test_chooses_among_chemo_infusions(self) -> None:
        three = [chemo(minutes=120), chemo("a2", "drug d", 60, at="13:00"), chemo_push("a3", "drug g", at="15:00")]
        named = coded(*three, setting="office", primary_reason="a2").lines
        assert named[0].administrations == ("a2",)
        pushed = coded(*three, setting="office", primary_reason="a3").lines
        assert pushed[0].administrations == ("a1",)

    def test_of_a_push_of_an_infused_drug_cannot_be_it(self) -> None:
        two = [infusion(), push("a2", at="12:00")]
        assert codes(*two, setting="office", primary_reason="a2") == {"96365": 1}


class TestPrimaryReasonOfFluid:
    def test_is_the_hydration_also_where_the_named_bag_did_not_count(self) -> None:
        under = fluid("h1", 17, at="09:30")
        drug_a = infusion("t1", minutes=151, at="08:18")
        rest = fluid("h2", 240, at="08:43")
        assert codes(under, drug_a, rest, setting="office", primary_reason="h1") == {
            "96360": 1,
            "96361": 1,
            "96367": 1,
            "96366": 2,
        }


class TestAccesses:
    BOTH = (infusion(minutes=120), infusion("a2", "drug b", 60, access="B", at="10:10"))

    @pytest.mark.parametrize("reason", ["protocol", "incompatible", "condition"])
    def test_that_were_needed_have_their_own_initial(self, reason: str) -> None:
        accesses = (Access("A"), Access("B", reason))
        assert codes(*self.BOTH, accesses=accesses) == {"96365": 1, "96366": 1, "96365-59": 1}

    @pytest.mark.parametrize("reason", ["infiltration", "flow", "convenience", None])
    def test_that_were_not_join_the_first(self, reason: str | None) -> None:
        accesses = (Access("A"), Access("B", reason))
        assert codes(*self.BOTH, accesses=accesses) == {"96365": 1, "96366": 1, "96368": 1}
        missing = ["second_access_reason_missing"] if reason is None else []
        assert findings(coded(*self.BOTH, accesses=accesses)) == missing

    def test_begin_with_the_earliest_service(self) -> None:
        two = [infusion(at="12:00", minutes=60), infusion("a2", "drug b", 60, access="B", at="09:00")]
        result = coded(*two, accesses=(Access("A"), Access("B")))
        assert {line.access for line in result.lines} == {"B"}

    @pytest.mark.parametrize(
        ("policy", "access", "visit"), [("59", "59", "59"), ("XU", "XU", "XU"), ("XS", "XS", "XE")]
    )
    def test_and_visits_mark_the_lower_initial(self, policy: str, access: str, visit: str) -> None:
        chosen = {"second_initial_modifier": policy}
        assert codes(chemo(), infusion("a2", access="B"), policy=chosen) == {"96413": 1, f"96365-{access}": 1}
        assert codes(infusion(), chemo("a2", visit=2, at="16:00"), policy=chosen) == {"96413": 1, f"96365-{visit}": 1}

    def test_of_an_earlier_encounter_marks_the_first_too(self) -> None:
        assert codes(infusion(), has_earlier_encounter=True) == {"96365-59": 1}
        assert codes(infusion(), has_earlier_encounter=True, policy={"second_initial_modifier": "XS"}) == {
            "96365-XE": 1
        }
