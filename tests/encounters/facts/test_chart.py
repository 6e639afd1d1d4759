"""A chart read as plain rows says what the same chart says row by row."""

from datetime import timedelta
from decimal import Decimal

import pytest

from drugs.formulary.releases import withdraw
from drugs.index import current_index
from encounters.facts import facts_of_chart, facts_of_many, with_chart
from encounters.facts.chart import chart_of, charts
from encounters.models import Encounter
from tests.factories.drugs import FormularyReleaseFactory, ProductFactory, listed_drug
from tests.factories.encounters import (
    MORNING,
    AddendumFactory,
    AdministrationPauseFactory,
    ContainerFactory,
    DiagnosisFactory,
    DrugAdministrationFactory,
    EncounterFactory,
    LocationFactory,
    OrderFactory,
    PayerFactory,
    VascularAccessFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def encounters() -> list[Encounter]:
    """Two with everything that can be charted, in an order other than that of their rows; one with nothing."""
    found = []
    for nth in range(2):
        encounter = EncounterFactory.create(
            payer=PayerFactory.create(policy_layer=f"payer-{nth}"), location=LocationFactory.create()
        )
        drug = listed_drug(f"drug{nth}", code=f"J000{nth}")
        product = ProductFactory.create(drug=drug)
        for place in (2, 1):
            DiagnosisFactory.create(encounter=encounter, position=place, code=f"C18.{place}")
            given = DrugAdministrationFactory.create(
                encounter=encounter,
                position=place,
                drug_name="known as nothing" if place == 1 else drug.name,
                drug=drug,
                product=product,
                access=VascularAccessFactory.create(encounter=encounter, label=f"B{place}", reason="protocol"),
                order=OrderFactory.create(encounter=encounter, reference=f"o{place}", drug_name=drug.name),
            )
            for minutes in (40, 20):
                begun = MORNING + timedelta(minutes=minutes)
                AdministrationPauseFactory.create(
                    administration=given, started_at=begun, stopped_at=begun + timedelta(minutes=5)
                )
                ContainerFactory.create(administration=given, size_amount=Decimal(minutes))
                AddendumFactory.create(administration=given, changes={"bag": str(minutes)}, at=begun)
        found.append(encounter)
    # A chart may name what the formulary no longer holds.
    withdraw(product, release=FormularyReleaseFactory.create())
    return [*found, EncounterFactory.create()]


def test_charts_read_together_are_those_read_one_by_one(encounters: list[Encounter]) -> None:
    together = list(charts([one.pk for one in reversed(encounters)], index=current_index()))
    assert together == [chart_of(with_chart(one)) for one in encounters]
    assert [given.said.bag for given in together[0].given] == ["40", "40"]
    assert together[0].diagnoses == ("C18.1", "C18.2")
    assert together[1].given[0].said.product is not None


def test_so_are_their_facts(encounters: list[Encounter]) -> None:
    told = [now for _, now, _ in facts_of_many((one.pk for one in encounters), now=current_index())]
    assert told == [facts_of_chart(with_chart(one)) for one in encounters]
