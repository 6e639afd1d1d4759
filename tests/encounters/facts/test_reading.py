"""Rows become facts: nothing lost, nothing made up, in a fixed number of queries."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from drugs import formulary
from drugs.models import Drug
from encounters.addenda import UnableToReadChange
from encounters.facts import encounter_facts
from encounters.models import DrugAdministration
from rules.facts import Access, Administration, Container, Order, OtherService, PriorAuthorization, Quantity, Span
from rules.snapshot import facts_from_json, facts_to_json
from rules.vocabulary import Family, Route
from tests import personas
from tests.factories.encounters import (
    MORNING,
    SERVICE_DATE,
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


def known_drug(name: str = "cefazolin", family: Family = Family.THERAPEUTIC, **values: Any) -> Drug:
    return formulary.add_drug(
        name=name,
        family=family,
        on=date(2020, 1, 1),
        by=personas.cleo(),
        at=MORNING,
        source="test",
        routes=[Route.IV],
        **values,
    )


def the_one(given: DrugAdministration, **changes: object) -> Administration:
    facts = encounter_facts(encounter=given.encounter, changes={given.external_id: changes} if changes else None)
    (only,) = facts.administrations
    return only


class TestTheEncounter:
    def test_says_what_the_row_says(self) -> None:
        encounter = EncounterFactory.create(
            payer=PayerFactory.create(policy_layer="payer-a"),
            location=LocationFactory.create(policy_layer="centre"),
            started_at=MORNING,
            ended_at=MORNING + timedelta(hours=4),
            inpatient_order_at=MORNING + timedelta(hours=3),
            has_earlier_encounter=True,
            is_340b=True,
            is_professional_claim=False,
            primary_reason="a1",
            other_services=[{"code": "99213", "modifiers": ["25"]}, {"code": "36430"}],
        )
        facts = encounter_facts(encounter=encounter)
        assert facts.encounter_id == str(encounter.pk)
        assert (facts.date_of_service, facts.setting, facts.place_of_service) == (SERVICE_DATE, "facility", "22")
        assert (facts.payer, facts.facility, facts.primary_reason) == ("payer-a", "centre", "a1")
        assert (facts.has_earlier_encounter, facts.is_340b, facts.is_professional_claim) == (True, True, False)
        assert (facts.start, facts.end) == (MORNING, MORNING + timedelta(hours=4))
        assert facts.inpatient_order == MORNING + timedelta(hours=3)
        assert facts.other_services == (OtherService("99213", ("25",)), OtherService("36430"))

    def test_names_no_layer_without_payer_and_location(self) -> None:
        facts = encounter_facts(encounter=EncounterFactory.create(payer=None, location=None))
        assert (facts.payer, facts.facility) == (None, None)

    def test_names_no_layer_of_a_payer_without_one(self) -> None:
        facts = encounter_facts(encounter=EncounterFactory.create())
        assert (facts.payer, facts.facility) == (None, None)

    def test_keeps_the_charted_order_of_diagnoses(self) -> None:
        encounter = EncounterFactory.create()
        DiagnosisFactory.create(encounter=encounter, position=2, code="C18.9")
        DiagnosisFactory.create(encounter=encounter, position=1, code="Z51.11")
        assert encounter_facts(encounter=encounter).diagnoses == ("Z51.11", "C18.9")

    def test_says_nothing_of_diagnoses_that_are_not_known(self) -> None:
        assert encounter_facts(encounter=EncounterFactory.create(are_diagnoses_known=False)).diagnoses is None
        assert encounter_facts(encounter=EncounterFactory.create()).diagnoses == ()

    def test_reads_the_documents(self) -> None:
        encounter = EncounterFactory.create(
            documents={
                "has_treatment_plan": False,
                "are_orders_known": True,
                "prior_authorizations": [
                    {"drug": "infliximab", "valid_from": "2026-01-01", "valid_until": "2026-06-30", "remaining": 3},
                    {"drug": "iron"},
                ],
            }
        )
        documents = encounter_facts(encounter=encounter).documents
        assert (documents.has_treatment_plan, documents.has_response_charted) == (False, None)
        assert (documents.are_orders_known, documents.are_lots_known) == (True, False)
        assert documents.prior_authorizations == (
            PriorAuthorization("infliximab", date(2026, 1, 1), date(2026, 6, 30), 3),
            PriorAuthorization("iron"),
        )

    def test_knows_nothing_of_documents_that_nobody_sent(self) -> None:
        documents = encounter_facts(encounter=EncounterFactory.create()).documents
        assert documents.prior_authorizations is None
        assert documents.has_treatment_plan is None

    def test_reads_orders_and_accesses(self) -> None:
        encounter = EncounterFactory.create()
        OrderFactory.create(
            encounter=encounter, reference="o1", dose_amount=Decimal("2.500"), dose_unit="g", route="IV"
        )
        VascularAccessFactory.create(encounter=encounter, label="A", kind="port")
        VascularAccessFactory.create(encounter=encounter, label="B", reason="incompatible")
        facts = encounter_facts(encounter=encounter)
        assert facts.orders == (Order("o1", "cefazolin", Quantity(Decimal("2.5"), "g"), "IV"),)
        assert facts.accesses == (Access("A", None, "port"), Access("B", "incompatible", None))


class TestAnAdministration:
    def test_says_what_the_row_says(self) -> None:
        encounter = EncounterFactory.create()
        given = DrugAdministrationFactory.create(
            encounter=encounter,
            external_id="a1",
            access=VascularAccessFactory.create(encounter=encounter, label="B"),
            order=OrderFactory.create(encounter=encounter, reference="o1"),
            bag="7",
            purpose="premedication",
            status="stopped",
            visit=2,
            discarded_amount=Decimal("50.000000"),
            discarded_unit="mg",
            volume_ml=Decimal("100.000"),
            rate="100 mL/h",
            lot="L1",
            ndc="0143-9924-90",
            diagnosis="cellulitis",
            lesions=3,
            is_implanted=True,
            is_new_setup=True,
            is_puncture_by_other=True,
            is_without_tap=True,
            is_on_pump=True,
            charted_by="RN",
        )
        AdministrationPauseFactory.create(administration=given)
        ContainerFactory.create(administration=given, count=2)
        said = the_one(given)
        assert (said.id, said.route, said.technique, said.access) == ("a1", "IV", "infusion", "B")
        assert (said.start, said.stop) == (MORNING, MORNING + timedelta(minutes=60))
        assert said.pauses == (Span(MORNING + timedelta(minutes=20), MORNING + timedelta(minutes=30)),)
        assert (said.bag, said.purpose, said.status, said.visit, said.order) == (
            "7",
            "premedication",
            "stopped",
            2,
            "o1",
        )
        assert (said.dose, said.discarded) == (Quantity(Decimal(1000), "mg"), Quantity(Decimal(50), "mg"))
        assert said.containers == (Container(Quantity(Decimal(1000), "mg"), 2, is_single_dose=True),)
        assert (said.volume_ml, said.rate, said.lot) == (Decimal(100), "100 mL/h", "L1")
        assert said.ndc is not None
        assert (said.ndc.label, said.diagnosis, said.lesions, said.charted_by) == (
            "0143-9924-90",
            "cellulitis",
            3,
            "RN",
        )
        flags = (said.is_implanted, said.is_new_setup, said.is_puncture_by_other, said.is_without_tap, said.is_on_pump)
        assert all(flags)

    def test_leaves_out_what_is_not_charted(self) -> None:
        given = DrugAdministrationFactory.create(
            route="", technique="", started_at=None, stopped_at=None, dose_amount=None, dose_unit=""
        )
        said = the_one(given)
        assert (said.route, said.technique, said.start, said.stop, said.dose) == (None, None, None, None, None)
        assert (said.bag, said.purpose, said.order, said.discarded, said.ndc) == (None, None, None, None, None)
        assert said.access == "A"

    def test_writes_amounts_without_idle_zeros(self) -> None:
        given = DrugAdministrationFactory.create(dose_amount=Decimal("1500.000000"))
        given.refresh_from_db()
        dose = the_one(given).dose
        assert dose is not None
        assert str(dose.amount) == "1500"

    def test_puts_times_on_the_clinics_clock_with_their_offset(self) -> None:
        given = DrugAdministrationFactory.create()
        start = the_one(given).start
        assert start is not None
        assert start.isoformat() == "2026-01-15T10:00:00-05:00"

    def test_keeps_true_minutes_across_a_change_of_clock(self) -> None:
        before, after = datetime(2026, 3, 8, 6, 30, tzinfo=UTC), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
        said = the_one(DrugAdministrationFactory.create(started_at=before, stopped_at=after))
        assert said.start is not None
        assert said.stop is not None
        assert said.stop - said.start == timedelta(minutes=60)
        assert (said.start.hour, said.stop.hour) == (1, 3)

    def test_completes_the_clock_from_charted_minutes(self) -> None:
        given = DrugAdministrationFactory.create(stopped_at=None, minutes=45)
        assert the_one(given).stop == MORNING + timedelta(minutes=45)

    def test_comes_in_charted_order(self) -> None:
        encounter = EncounterFactory.create()
        for position, name in ((2, "b"), (1, "a"), (3, "c")):
            DrugAdministrationFactory.create(encounter=encounter, position=position, external_id=name)
        assert [given.id for given in encounter_facts(encounter=encounter).administrations] == ["a", "b", "c"]


class TestTheDrug:
    def test_is_the_formularys_where_it_is_mapped(self) -> None:
        given = DrugAdministrationFactory.create(drug=known_drug(family=Family.ANTINEOPLASTIC), kind="therapeutic")
        drug = the_one(given).drug
        assert (drug.name, drug.family, drug.is_unmapped) == ("cefazolin", Family.ANTINEOPLASTIC, False)

    def test_takes_its_family_from_the_chart_while_it_is_unmapped(self) -> None:
        drug = the_one(DrugAdministrationFactory.create(drug_name="Unheard Of", kind="hydration")).drug
        assert (drug.name, drug.family, drug.is_unmapped) == ("unheard of", Family.HYDRATION_FLUID, True)
        assert drug.billing_codes == ()

    def test_has_no_family_where_nobody_names_one(self) -> None:
        drug = the_one(DrugAdministrationFactory.create(drug_name="Unheard Of", kind="")).drug
        assert (drug.family, drug.is_unmapped) == (Family.OTHER, True)

    def test_that_became_known_since_is_found(self) -> None:
        given = DrugAdministrationFactory.create(drug_name="Cefazolin", drug=None)
        known_drug()
        assert not the_one(given).drug.is_unmapped

    def test_named_anew_by_an_addendum_is_looked_up_again(self) -> None:
        given = DrugAdministrationFactory.create(drug=known_drug())
        known_drug("ceftriaxone")
        AddendumFactory.create(administration=given, changes={"drug_name": "Ceftriaxone"})
        assert the_one(given).drug.name == "ceftriaxone"

    def test_takes_the_family_that_a_person_states(self) -> None:
        given = DrugAdministrationFactory.create(drug=known_drug())
        assert the_one(given, family="antineoplastic").drug.family == Family.ANTINEOPLASTIC

    def test_takes_the_family_of_the_payers_layer(self) -> None:
        drug = known_drug(family=Family.COMPLEX_BIOLOGIC)
        formulary.set_family(
            drug=drug,
            family=Family.THERAPEUTIC,
            policy_layer="payer-a",
            on=date(2025, 1, 1),
            by=personas.cleo(),
            at=MORNING,
            source="test",
        )
        of_payer = EncounterFactory.create(payer=PayerFactory.create(policy_layer="payer-a"))
        assert the_one(DrugAdministrationFactory.create(drug=drug)).drug.family == Family.COMPLEX_BIOLOGIC
        assert (
            the_one(DrugAdministrationFactory.create(drug=drug, encounter=of_payer)).drug.family == Family.THERAPEUTIC
        )


class TestLaterStatements:
    def test_an_addendum_lies_over_the_chart(self) -> None:
        addendum = AddendumFactory.create()
        assert the_one(addendum.administration).stop == MORNING + timedelta(minutes=90)

    def test_a_what_if_changes_nothing_that_is_stored(self) -> None:
        given = DrugAdministrationFactory.create()
        stop = MORNING + timedelta(minutes=20)
        assert the_one(given, stopped_at=stop.isoformat()).stop == stop
        assert the_one(given).stop == MORNING + timedelta(minutes=60)

    def test_a_what_if_may_take_a_time_away(self) -> None:
        assert the_one(DrugAdministrationFactory.create(), stopped_at=None).stop is None

    def test_a_what_if_may_give_an_access_its_reason(self) -> None:
        encounter = EncounterFactory.create()
        access = VascularAccessFactory.create(encounter=encounter, label="B")
        given = DrugAdministrationFactory.create(encounter=encounter, access=access)
        facts = encounter_facts(encounter=encounter, changes={given.external_id: {"access_reason": "protocol"}})
        assert facts.accesses == (Access("B", "protocol", None),)

    def test_a_what_if_of_an_unknown_administration_is_refused(self) -> None:
        with pytest.raises(KeyError, match="nobody"):
            encounter_facts(encounter=EncounterFactory.create(), changes={"nobody": {"bag": "1"}})

    def test_a_what_if_that_cannot_be_read_is_refused(self) -> None:
        with pytest.raises(UnableToReadChange, match="stopped_at"):
            the_one(DrugAdministrationFactory.create(), stopped_at="soon")


def test_the_number_of_queries_does_not_grow_with_the_chart(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    encounter = EncounterFactory.create()
    drug = known_drug()
    for _ in range(12):
        given = DrugAdministrationFactory.create(encounter=encounter, drug=drug)
        AdministrationPauseFactory.create(administration=given)
        ContainerFactory.create(administration=given)
        AddendumFactory.create(administration=given)
    encounter_facts(encounter=encounter)
    with django_assert_num_queries(9):
        encounter_facts(encounter=encounter)


def test_facts_survive_their_snapshot() -> None:
    given = DrugAdministrationFactory.create(drug=known_drug())
    AdministrationPauseFactory.create(administration=given)
    ContainerFactory.create(administration=given)
    facts = encounter_facts(encounter=given.encounter)
    assert facts_from_json(facts_to_json(facts)) == facts
