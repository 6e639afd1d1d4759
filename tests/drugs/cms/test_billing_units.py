"""The parsed amounts against the billing units that CMS prints for every package of January 2026."""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from drugs.cms.descriptor import BillingAmount, Unread
from tests.drugs.cms import billing_units, published
from tests.drugs.cms.billing_units import Verdict
from tests.drugs.cms.published import Package, where_present

pytestmark = [where_present, pytest.mark.xdist_group("published files")]
QUARTER = "2026Q1"
AT_MOST = 0.02
EXCEPTIONS = Path(__file__).with_name("billing_unit_exceptions.csv")


@cache
def explained(column: str) -> set[tuple[str, str]]:
    """Code and package of each exception; an empty package stands for all of the code's."""
    with EXCEPTIONS.open(encoding="utf-8", newline="") as file:
        return {(row["code"], row["ndc"]) for row in csv.DictReader(file) if row["column"] == column and row["why"]}


def is_explained(row: Package, column: str) -> bool:
    return not {(row.code, ""), (row.code, row.ndc)}.isdisjoint(explained(column))


@cache
def codes() -> list[str]:
    return [code for code in published.prices(QUARTER) if code.startswith(("J", "Q"))]


@cache
def amounts() -> dict[str, BillingAmount]:
    read = {code: billing_units.amount_of(code, QUARTER) for code in codes()}
    return {code: amount for code, amount in read.items() if not isinstance(amount, Unread)}


@cache
def rows() -> list[Package]:
    return [row for row in published.crosswalk(QUARTER) if row.code in amounts()]


@pytest.fixture(scope="module")
def verdicts() -> dict[Package, Verdict]:
    return billing_units.verdicts(rows(), amounts())


class TestAmounts:
    def test_are_read_of_every_code_but_those_explained(self) -> None:
        unread = {code for code in codes() if code not in amounts()}
        assert unread == {code for code, _ in explained("amount")}
        assert len(codes()) > 800

    def test_agree_between_description_and_dosage_column(self) -> None:
        """Of combinations the column has the total or the second amount, of applicators the strength."""
        apart = {
            code
            for code in codes()
            if code in published.descriptors()
            and isinstance(
                long := billing_units.read_amount(published.descriptors()[code].long_description), BillingAmount
            )
            and isinstance(dosage := billing_units.read_amount(published.prices(QUARTER)[code].dosage), BillingAmount)
            and not billing_units.is_same(long, dosage)
        }
        assert apart == {"J0695", "J0714", "J1454", "J7308", "J7354", "J8655"}


class TestBillingUnits:
    def test_follow_from_the_parsed_amount_but_where_explained(self, verdicts: dict[Package, Verdict]) -> None:
        against = [row for row, verdict in verdicts.items() if verdict is Verdict.CONTRADICTED]
        assert [row for row in against if not is_explained(row, "BILLUNITS")] == []
        named = {pair for pair in explained("BILLUNITS") if pair[1]}
        assert {(row.code, row.ndc) for row in against if (row.code, "") not in explained("BILLUNITS")} == named

    def test_have_exceptions_for_at_most_two_in_a_hundred(self, verdicts: dict[Package, Verdict]) -> None:
        said: dict[str, set[Verdict]] = defaultdict(set)
        for row, verdict in verdicts.items():
            said[row.code].add(verdict)
        never = {
            code
            for code, kinds in said.items()
            if Verdict.CONTRADICTED in kinds and kinds.isdisjoint({Verdict.REPRODUCED, Verdict.AS_ANOTHER})
        }
        unread = set(codes()) - amounts().keys()
        given = [verdict for verdict in verdicts.values() if verdict is not Verdict.NOT_GIVEN]
        unread_rows = sum(row.code in unread for row in published.crosswalk(QUARTER))
        against = given.count(Verdict.CONTRADICTED) + unread_rows
        assert len(unread | never) / len(codes()) <= AT_MOST
        assert against / (len(given) + unread_rows) <= AT_MOST
        assert len(given) > 5900

    def test_would_not_follow_from_ten_times_the_amount(self) -> None:
        wrong = {code: amount._replace(amount=amount.amount * 10) for code, amount in amounts().items()}
        found = list(billing_units.verdicts(rows(), wrong).values())
        assert found.count(Verdict.CONTRADICTED) > 5 * found.count(Verdict.REPRODUCED)


class TestBillingUnitsOfAPackage:
    def test_are_those_of_its_containers_but_where_explained(self) -> None:
        drugs = [row for row in published.crosswalk(QUARTER) if row.code in codes()]
        against = [row for row in drugs if not billing_units.makes_package(row)]
        assert [row for row in against if not is_explained(row, "BILLUNITSPKG")] == []
        assert len(against) / len(drugs) <= AT_MOST
        named = {pair for pair in explained("BILLUNITSPKG") if pair[1]}
        assert named <= {(row.code, row.ndc) for row in against}
