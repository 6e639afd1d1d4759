"""What a proposed change would do: exactly the encounters that coding all of them anew would change."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from drugs import consequences
from drugs.consequences import ProposedChange
from drugs.formulary.releases import copy_of, withdraw
from drugs.index import FormularyIndex, build_index, current_index, differences
from drugs.models import BillingCode, DatedRow, Drug, DrugFamily, DrugProfile, NdcBillingCode
from encounters import coding
from encounters.impact import Proposal, assess
from encounters.models import Encounter, Review
from encounters.review import claims, preparation, states
from rules.rulebook.loader import load_rulebook
from rules.vocabulary import Severity
from tests import personas
from tests.factories.drugs import (
    BillingCodeFactory,
    DrugNameFactory,
    FormularyReleaseFactory,
    HcpcsCodeFactory,
    NdcBillingCodeFactory,
    NdcFactory,
    PriceFactory,
    listed_drug,
)
from tests.factories.encounters import (
    DAY_AFTER,
    MORNING,
    SERVICE_DATE,
    AddendumFactory,
    ContainerFactory,
    DrugAdministrationFactory,
    OrderFactory,
)

pytestmark = pytest.mark.django_db

NDC = "00000000011"
Change = Callable[[], None]


def given(name: str, **values: object) -> Encounter:
    values = {"kind": "", "dose_amount": Decimal(100), **values}
    encounter: Encounter = DrugAdministrationFactory.create(drug_name=name, **values).encounter
    return encounter


@pytest.fixture
def chart() -> dict[str, Encounter]:
    """Encounters that lead into the formulary in every way there is, all coded."""
    one = listed_drug("onemab", code="J0001")
    listed_drug("twomab", code="J0002")
    DrugNameFactory.create(drug=one, text="onebrand")
    NdcFactory.create(ndc=NDC, drug=one)
    NdcBillingCodeFactory.create(ndc=NDC, hcpcs=HcpcsCodeFactory.create(code="J0001"))
    PriceFactory.create(hcpcs=HcpcsCodeFactory.create(code="J0001"), payment_limit=Decimal(10))
    encounters = {
        "by name": given("onemab"),
        "by reduced name": given("Onemab 100 mg vial"),
        "by brand": given("OneBrand"),
        "by package": given("nobody knows", ndc=NDC),
        "by code": given("nobody knows either", hcpcs="J0001"),
        "other drug": given("twomab"),
        "unknown": given("threemab"),
        "small dose": given("onemab", dose_amount=Decimal(5)),
        "earlier": given(
            "onemab",
            encounter__date_of_service=SERVICE_DATE - timedelta(days=400),
            started_at=MORNING - timedelta(days=400),
            stopped_at=MORNING - timedelta(days=400) + timedelta(hours=1),
        ),
        "restated": given("twomab"),
        "ordered": given("twomab"),
        "with a container": given("onemab", dose_amount=Decimal(60)),
    }
    AddendumFactory.create(
        administration=encounters["restated"].administrations.get(), changes={"drug_name": "onebrand"}
    )
    ordered = encounters["ordered"].administrations.get()
    ordered.order = OrderFactory.create(encounter=encounters["ordered"], drug_name="threemab", dose_amount=None)
    ordered.save()
    ContainerFactory.create(
        administration=encounters["with a container"].administrations.get(),
        size_amount=Decimal(100),
        size_unit="mg",
        is_single_dose=True,
    )
    for encounter in encounters.values():
        assert preparation.code(encounter_id=encounter.pk, at=DAY_AFTER) is not None
    return encounters


def replaced(row: DatedRow, **values: object) -> None:
    release = FormularyReleaseFactory.create()
    withdraw(row, release=release)
    copy_of(row, release_id=release.pk, **values).save()


def unit_size() -> None:
    replaced(BillingCode.objects.current().get(hcpcs="J0001"), per_amount=Decimal(20))


def unit_size_from_a_date() -> None:
    row = BillingCode.objects.current().get(hcpcs="J0001")
    release = FormularyReleaseFactory.create()
    withdraw(row, release=release)
    copy_of(row, release_id=release.pk, effective_until=date(2026, 1, 1)).save()
    copy_of(row, release_id=release.pk, effective_from=date(2026, 1, 1), per_amount=Decimal(50)).save()


def code_ends() -> None:
    replaced(BillingCode.objects.current().get(hcpcs="J0001"), effective_until=date(2025, 7, 1))


def family() -> None:
    replaced(DrugFamily.objects.current().get(drug__name="twomab"), family="antineoplastic")


def new_name() -> None:
    FormularyReleaseFactory.create()
    DrugNameFactory.create(drug=Drug.objects.get(name="twomab"), text="threemab")


def name_of_two() -> None:
    DrugNameFactory.create(drug=Drug.objects.get(name="twomab"), text="onebrand")


def package_moves() -> None:
    replaced(NdcBillingCode.objects.current().get(ndc=NDC), hcpcs_id="J0002")


def package_of_two_codes() -> None:
    BillingCodeFactory.create(hcpcs__code="J0003")
    NdcBillingCodeFactory.create(ndc=NDC, hcpcs=HcpcsCodeFactory.create(code="J0003"))


def drug_leaves() -> None:
    replaced(DrugProfile.objects.current().get(drug__name="onemab"), effective_until=date(2025, 7, 1))


def price() -> None:
    PriceFactory.create(hcpcs=HcpcsCodeFactory.create(code="J0002"), payment_limit=Decimal(99))


CHANGES = (
    unit_size,
    unit_size_from_a_date,
    code_ends,
    family,
    new_name,
    name_of_two,
    package_moves,
    package_of_two_codes,
    drug_leaves,
    price,
)


def proposed(change: Change) -> FormularyIndex:
    """The formulary as it would be; nothing of it stands."""
    with transaction.atomic():
        change()
        index = build_index((0, DAY_AFTER))
        transaction.set_rollback(True)
    return index


def said(encounter: Encounter) -> tuple[set[object], set[object]]:
    run = coding.run(encounter=encounter, at=DAY_AFTER)
    result = coding.result_of(run)
    lines: set[object] = {
        (line.code, line.units, line.modifiers, line.administrations, line.role, line.narrative)
        for line in result.lines
    }
    blocks: set[object] = {
        (one.kind, one.administrations) for one in result.findings if one.severity == Severity.BLOCKS
    }
    return lines, blocks


class TestAssess:
    @pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
    def test_finds_exactly_what_coding_everything_anew_would_change(
        self, chart: dict[str, Encounter], change: Change
    ) -> None:
        before = {encounter.pk: said(encounter) for encounter in chart.values()}
        found = assess(Proposal(index=proposed(change)))

        change()
        after = {encounter.pk: said(encounter) for encounter in chart.values()}

        changed = {pk for pk in before if before[pk][0] != after[pk][0] or not after[pk][1] <= before[pk][1]}
        assert set(found.open_ids) == changed
        assert (change is price) is not bool(changed)

    def test_looks_only_at_what_the_change_can_reach(self, chart: dict[str, Encounter]) -> None:
        found = assess(Proposal(index=proposed(unit_size_from_a_date)))
        reached = {"by name", "by reduced name", "by brand", "by package", "by code", "small dose", "restated"}
        assert found.looked_at == len(reached | {"with a container"})
        names = {encounter.pk: name for name, encounter in chart.items()}
        assert {names[pk] for pk in found.open_ids} == (reached | {"with a container"}) - {"small dose"}

    def test_says_which_lines_and_dollars(self, chart: dict[str, Encounter]) -> None:
        found = assess(Proposal(index=proposed(unit_size)), examples=2)
        assert len(found.examples) == 2
        example = found.examples[0]
        assert (example.before[-1], example.after[-1]) == ("J0001 × 10", "J0001 × 5")
        assert (found.dollars_before - found.dollars_after) % 10 == 0
        assert found.lines == len(found.open_ids)

    def test_tells_accepted_encounters_apart_and_leaves_them_as_they_are(self, chart: dict[str, Encounter]) -> None:
        ana, encounter = personas.ana(), chart["by name"]
        review = claims.claim(review=Review.objects.get(encounter=encounter), user=ana, at=DAY_AFTER)
        states.accept(review=review, user=ana, at=DAY_AFTER, version=review.version, reason="known")
        runs = {one.pk: one.runs.count() for one in chart.values()}

        found = assess(Proposal(index=proposed(unit_size)))

        assert found.accepted_ids == [encounter.pk]
        assert found.examples[0].is_accepted
        assert encounter.pk not in found.open_ids
        assert {one.pk: one.runs.count() for one in chart.values()} == runs

    def test_answers_for_values_of_policy_keys(self, chart: dict[str, Encounter]) -> None:
        found = assess(Proposal(overrides={"unit_rounding": "down"}))
        names = {encounter.pk: name for name, encounter in chart.items()}
        assert found.looked_at == len(chart)
        assert {names[pk] for pk in found.open_ids} == set()
        assert assess(Proposal(overrides={"waste_mode": "administered_only"})).looked_at == len(chart)

    def test_answers_for_rules_of_some_dates(self, chart: dict[str, Encounter]) -> None:
        found = assess(Proposal(rulebook=load_rulebook(), on=SERVICE_DATE, until=SERVICE_DATE + timedelta(days=1)))
        assert (found.looked_at, found.open_ids) == (len(chart) - 1, [])

    def test_nothing_proposed_changes_nothing(self, chart: dict[str, Encounter]) -> None:
        assert assess(Proposal()).looked_at == 0
        assert assess(Proposal(index=current_index())).looked_at == 0


class TestConsequences:
    def test_the_formulary_may_ask(self, chart: dict[str, Encounter]) -> None:
        change = ProposedChange(proposed=proposed(unit_size), on=SERVICE_DATE, until=None, codes=frozenset({"J0001"}))
        answer = consequences.affected(change, examples=3)
        assert answer.number == len(answer.open_ids) > 3
        assert len(answer.examples) == 3
        assert answer.examples[0].name.startswith("ACC")
        assert answer.dollars == assess(Proposal(index=change.proposed)).dollars_after - Decimal(
            sum(one.dollars_before for one in assess(Proposal(index=change.proposed), examples=99).examples)
        )


class TestDifferences:
    def test_of_one_version_there_are_none(self, chart: dict[str, Encounter]) -> None:
        assert not differences(current_index(), current_index())

    def test_a_code_leads_to_drugs_names_and_packages(self, chart: dict[str, Encounter]) -> None:
        found = differences(current_index(), proposed(unit_size_from_a_date))
        assert found.names == {"onemab", "onebrand"}
        assert found.ndcs == {NDC}
        assert found.codes == {"J0001"}

    def test_prices_alone_are_none(self, chart: dict[str, Encounter]) -> None:
        assert not differences(current_index(), proposed(price))
