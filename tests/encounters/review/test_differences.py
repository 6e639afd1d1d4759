"""Two codings held against each other."""

from decimal import Decimal

import pytest

from encounters.review.differences import difference, line_changes
from rules.result import CodedLine
from rules.vocabulary import FindingKind, Role
from tests.factories.encounters import EncounterFactory
from tests.factories.reviews import a_finding, a_line, a_result

FIRST = a_line("i", "96365", price=Decimal(200))
HOUR = a_line("h", "96366", role=Role.ADDITIONAL_HOUR, price=Decimal(50))
PUSH = a_line("p", "96375", administrations=("a2",), role=Role.PUSH, price=Decimal(40))
SEQUENTIAL = a_line("s", "96367", administrations=("a2",), role=Role.SEQUENTIAL, price=Decimal(65))


def told(before: list[CodedLine], after: list[CodedLine]) -> list[tuple[str, str]]:
    return [
        (
            f"{each.before.code}×{each.before.units}" if each.before else "",
            f"{each.after.code}×{each.after.units}" if each.after else "",
        )
        for each in line_changes(before, after)
    ]


class TestLineChanges:
    def test_of_equal_lines_are_the_same_whatever_their_keys(self) -> None:
        changes = line_changes([FIRST, HOUR], [FIRST._replace(key="x"), HOUR._replace(key="y")])
        assert all(each.is_same for each in changes)

    def test_pair_units_of_one_code(self) -> None:
        assert told([FIRST, HOUR], [FIRST, HOUR._replace(units=2)]) == [("96365×1", "96365×1"), ("96366×1", "96366×2")]

    def test_pair_another_code_of_the_same_administration(self) -> None:
        assert told([FIRST, PUSH], [FIRST, SEQUENTIAL]) == [("96365×1", "96365×1"), ("96375×1", "96367×1")]

    def test_keep_what_goes_where_it_stood(self) -> None:
        assert told([FIRST, HOUR, PUSH], [FIRST, PUSH]) == [
            ("96365×1", "96365×1"),
            ("96366×1", ""),
            ("96375×1", "96375×1"),
        ]

    def test_show_what_comes(self) -> None:
        assert told([], [FIRST]) == [("", "96365×1")]

    def test_never_pair_a_service_with_its_drug(self) -> None:
        drug = a_line("d", "J0690", administrations=("a2",), role=Role.DRUG)
        assert told([PUSH], [drug]) == [("96375×1", ""), ("", "J0690×1")]


@pytest.mark.django_db
class TestDifference:
    def test_sums_dollars_and_names_findings(self) -> None:
        encounter = EncounterFactory.build(pk=1)
        old = a_finding()
        new = a_finding(kind=FindingKind.MISSING_DOSE)
        found = difference(a_result(encounter, [FIRST, PUSH], [old]), a_result(encounter, [FIRST, SEQUENTIAL], [new]))
        assert found.dollars == Decimal(25)
        assert (found.mended, found.arisen) == ((old,), (new,))
        assert bool(found)

    def test_has_no_dollars_where_a_changed_line_has_no_price(self) -> None:
        encounter = EncounterFactory.build(pk=1)
        bare = SEQUENTIAL._replace(price=None)
        assert difference(a_result(encounter, [PUSH]), a_result(encounter, [bare])).dollars is None

    def test_of_the_same_is_nothing(self) -> None:
        encounter = EncounterFactory.build(pk=1)
        assert not difference(a_result(encounter, [FIRST]), a_result(encounter, [FIRST]))
