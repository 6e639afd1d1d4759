"""Charted names that nobody knows: gathered, decided once, coded again."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from drugs.models import Drug, DrugName, FormularyRelease
from encounters import coding, recoding, unmapped
from encounters.models import AuditEvent, CodingRun, DrugAdministration, Encounter, Recoding, Review, UnresolvedDrug
from encounters.models.references import Unresolved
from encounters.models.review import ReviewState
from encounters.review import claims, preparation, states
from encounters.unmapped import UnableToMap
from rules.vocabulary import Family, FindingKind, Route
from tests import personas
from tests.factories.drugs import (
    BillingCodeFactory,
    DrugBillingCodeFactory,
    DrugNameFactory,
    HcpcsCodeFactory,
    ProductFactory,
    listed_drug,
)
from tests.factories.encounters import DAY_AFTER, SERVICE_DATE, DrugAdministrationFactory

pytestmark = pytest.mark.django_db

LATER = DAY_AFTER + timedelta(hours=1)
GROUND = "pharmacy said so"


def charted(name: str, **values: object) -> DrugAdministration:
    values = {"kind": "", "dose_amount": Decimal(100), **values}
    administration: DrugAdministration = DrugAdministrationFactory.create(drug_name=name, **values)
    return administration


def coded(encounter: Encounter) -> Review:
    review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER, is_forced=True)
    assert review is not None
    return review


def codes(encounter: Encounter) -> list[tuple[str, int]]:
    run = encounter.runs.order_by("-number").first()
    assert run is not None
    return list(run.lines.order_by("position").values_list("code", "units"))


def cefazolin() -> Drug:
    return listed_drug("cefazolin", code="J0690", per_amount="500")


def finish(asked: Recoding) -> None:
    while recoding.code_some(recoding_id=asked.pk, most=2, at=LATER):
        pass


class TestWaiting:
    def test_counts_encounters_and_administrations_most_frequent_first(self) -> None:
        first = charted("Zofrn").encounter
        charted("zofrn ", encounter=first, ndc="123")
        for encounter in (first, charted("ZOFRN").encounter, charted("kytrl", kind="").encounter):
            coded(encounter)

        rows = unmapped.waiting(user=personas.cleo())

        said = [(one.name, one.why, one.encounters, one.administrations, one.oldest) for one in rows]
        assert said == [
            ("zofrn", Unresolved.UNKNOWN, 2, 3, SERVICE_DATE),
            ("kytrl", Unresolved.UNKNOWN, 1, 1, SERVICE_DATE),
        ]

    def test_counts_the_value_of_an_encounter_once(self) -> None:
        encounter = charted("zofrn").encounter
        charted("zofrn", encounter=encounter)
        review = coded(encounter)
        (row,) = unmapped.waiting(user=personas.cleo())
        assert row.value == review.value_at_stake > 0

    def test_tells_a_name_of_several_drugs_from_an_unknown_one(self) -> None:
        for name in ("one", "two"):
            DrugNameFactory.create(drug=listed_drug(name), text="both")
        coded(charted("Both").encounter)
        (row,) = unmapped.waiting(user=personas.cleo())
        found = unmapped.detail(name="both", why=row.why, user=personas.cleo())
        assert row.why == Unresolved.SEVERAL_DRUGS
        assert sorted(drug.name for drug in found.candidates) == ["one", "two"]

    def test_shows_a_drug_with_two_codes_and_which(self) -> None:
        drug = cefazolin()
        BillingCodeFactory.create(hcpcs__code="J0691")
        DrugBillingCodeFactory.create(drug=drug, hcpcs__code="J0691")
        coded(charted("cefazolin").encounter)
        found = unmapped.detail(name="cefazolin", why="several_codes", user=personas.cleo())
        assert found.codes == ("J0690", "J0691")

    def test_holds_nothing_that_is_known(self) -> None:
        cefazolin()
        coded(charted("Cefazolin 1 g IVPB").encounter)
        assert unmapped.waiting(user=personas.cleo()) == []

    def test_a_misspelling_is_suggested_and_never_taken(self) -> None:
        cefazolin()
        encounter = charted("cefazolyn").encounter
        coded(encounter)
        found = unmapped.detail(name="cefazolyn", why="unknown", user=personas.cleo())
        assert [drug.name for drug in found.suggestions] == ["cefazolin"]
        assert "J0690" not in dict(codes(encounter))

    def test_shows_how_it_was_charted(self) -> None:
        encounter = charted("zofrn", ndc="00000-0000-01", route="IV").encounter
        charted("Zofrn", encounter=encounter, route="IM", dose_amount=Decimal(4))
        charted("Zofrn", encounter=encounter, route="IM", dose_amount=Decimal(4))
        coded(encounter)
        first, second = unmapped.examples(["zofrn"])["zofrn", "unknown"]
        assert (first.name, first.route, first.dose, first.times) == ("Zofrn", "IM", "4 mg", 2)
        assert (second.name, second.ndc, second.dose, second.times) == ("zofrn", "00000-0000-01", "100 mg", 1)

    @pytest.mark.parametrize("person", [personas.ana, personas.ben, personas.dov])
    def test_is_for_those_who_maintain_the_formulary(self, person: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            unmapped.waiting(user=person())


class TestMapName:
    def test_codes_every_waiting_encounter_again(self) -> None:
        drug = cefazolin()
        waiting = [charted("Ancf", dose_amount=Decimal(1000)).encounter, charted("ancf 1 g vial").encounter]
        other = charted("something else").encounter
        for encounter in (*waiting, other):
            coded(encounter)

        asked = unmapped.map_name(name="ancf", drug=drug, by=personas.cleo(), at=LATER, source=GROUND)
        finish(asked)

        assert [dict(codes(encounter)).get("J0690") for encounter in waiting] == [2, 1]
        assert other.runs.count() == 1
        assert {run.trigger for run in CodingRun.objects.filter(number=2)} == {CodingRun.Trigger.MAPPING}
        assert [one.name for one in unmapped.waiting(user=personas.cleo())] == ["something else"]

    def test_tells_how_far_it_is_and_does_nothing_twice(self) -> None:
        drug = cefazolin()
        waiting = [charted("ancf").encounter for _ in range(3)]
        for encounter in waiting:
            coded(encounter)
        asked = unmapped.map_name(name="ancf", drug=drug, by=personas.cleo(), at=LATER, source=GROUND)
        assert recoding.unfinished() == [asked.pk]

        assert recoding.code_some(recoding_id=asked.pk, most=2, at=LATER) == 1
        half = recoding.progress(recoding_id=asked.pk)
        assert (half.coded, half.encounters, half.percent, half.is_finished) == (2, 3, 66, False)
        finish(asked)
        finish(asked)

        assert recoding.progress(recoding_id=asked.pk).is_finished
        assert recoding.unfinished() == []
        assert [encounter.runs.count() for encounter in waiting] == [2, 2, 2]

    def test_an_accepted_encounter_keeps_its_lines_and_is_marked(self) -> None:
        drug, ana = cefazolin(), personas.ana()
        encounter = charted("ancf").encounter
        review = claims.claim(review=coded(encounter), user=ana, at=DAY_AFTER)
        accepted = states.accept(review=review, user=ana, at=DAY_AFTER, version=review.version, reason="known")
        before = list(accepted.final_lines.values_list("code", "units"))

        finish(unmapped.map_name(name="ancf", drug=drug, by=personas.cleo(), at=LATER, source=GROUND))

        accepted.refresh_from_db()
        assert accepted.state == ReviewState.CHANGED
        assert list(accepted.final_lines.values_list("code", "units")) == before

    def test_a_person_chooses_among_drugs_of_one_name(self) -> None:
        one, two = listed_drug("one", code="J0001"), listed_drug("two", code="J0002")
        for drug in (one, two):
            DrugNameFactory.create(drug=drug, text="both")
        encounter = charted("both").encounter
        coded(encounter)
        finish(unmapped.map_name(name="both", drug=two, by=personas.cleo(), at=LATER, source=GROUND))
        assert "J0002" in dict(codes(encounter))

    def test_refuses_a_third_drug_for_a_name_that_others_have(self) -> None:
        three = listed_drug("three")
        for name in ("one", "two"):
            DrugNameFactory.create(drug=listed_drug(name), text="both")
        coded(charted("both").encounter)
        with pytest.raises(UnableToMap, match="already is"):
            unmapped.map_name(name="both", drug=three, by=personas.cleo(), at=LATER, source=GROUND)
        assert Recoding.objects.count() == 0

    def test_a_product_settles_which_of_two_codes(self) -> None:
        drug = listed_drug("paclitaxel protein-bound", code="J9264")
        product = ProductFactory.create(drug=drug, name="Maker")
        hcpcs = HcpcsCodeFactory.create(code="J9258")
        BillingCodeFactory.create(hcpcs=hcpcs)
        DrugBillingCodeFactory.create(drug=drug, hcpcs=hcpcs, product=product)
        DrugNameFactory.create(drug=drug, text="abx")
        encounter = charted("abx").encounter
        coded(encounter)
        assert "J9264" in dict(codes(encounter))
        UnresolvedDrug.objects.create(
            administration=encounter.administrations.get(),
            encounter=encounter,
            why=Unresolved.SEVERAL_CODES,
            name="abx",
            charted_name="abx",
            drug=drug,
            date_of_service=SERVICE_DATE,
        )
        finish(unmapped.map_name(name="abx", drug=drug, product=product, by=personas.cleo(), at=LATER, source=GROUND))
        assert "J9258" in dict(codes(encounter))

    def test_belongs_to_a_release_with_person_and_ground(self) -> None:
        drug = cefazolin()
        coded(charted("ancf").encounter)
        unmapped.map_name(name="ancf", drug=drug, by=personas.cleo(), at=LATER, source=GROUND)
        name = DrugName.objects.get(normalised="ancf")
        assert (name.release.kind, name.release.imported_by_name, name.source) == (
            FormularyRelease.Kind.HAND,
            "cleo",
            GROUND,
        )
        assert AuditEvent.objects.filter(tag="coding:recoding:requested", actor_name="Cleo").count() == 1

    def test_is_refused_to_others(self) -> None:
        drug = cefazolin()
        coded(charted("ancf").encounter)
        with pytest.raises(PermissionDenied):
            unmapped.map_name(name="ancf", drug=drug, by=personas.ana(), at=LATER, source=GROUND)
        assert Recoding.objects.count() == 0

    def test_what_no_longer_waits_cannot_be_mapped(self) -> None:
        with pytest.raises(UnableToMap, match="Nothing waits"):
            unmapped.map_name(name="gone", drug=cefazolin(), by=personas.cleo(), at=LATER, source=GROUND)


class TestAddDrug:
    def test_a_new_drug_bills_as_its_code(self) -> None:
        BillingCodeFactory.create(hcpcs__code="J0007")
        encounter = charted("newmab brand").encounter
        coded(encounter)
        asked = unmapped.add_drug(
            name="newmab brand",
            drug_name="newmab",
            family=Family.COMPLEX_BIOLOGIC,
            routes=[Route.IV],
            code="J0007",
            by=personas.cleo(),
            at=LATER,
            source=GROUND,
        )
        finish(asked)
        assert dict(codes(encounter)) == {"96413": 1, "J0007": 10}

    def test_what_is_not_billed_here_has_no_drug_line_and_no_finding(self) -> None:
        encounter = charted("own medication").encounter
        coded(encounter)
        assert "J3490" in dict(codes(encounter))
        asked = unmapped.add_drug(
            name="own medication",
            drug_name="own medication",
            family=Family.THERAPEUTIC,
            routes=[],
            not_billed_because="the patient brings it",
            by=personas.cleo(),
            at=LATER,
            source=GROUND,
        )
        finish(asked)
        assert dict(codes(encounter)) == {"96365": 1}
        findings = coding.result_of(encounter.runs.get(number=2)).findings
        assert FindingKind.UNCLASSIFIED_DRUG not in {finding.kind for finding in findings}
        assert unmapped.waiting(user=personas.cleo()) == []

    def test_all_or_nothing(self) -> None:
        coded(charted("newmab").encounter)
        with pytest.raises(UnableToMap, match="not a valid code"):
            unmapped.add_drug(
                name="newmab",
                drug_name="newmab",
                family=Family.THERAPEUTIC,
                routes=[Route.IV],
                code="J9999",
                by=personas.cleo(),
                at=LATER,
                source=GROUND,
            )
        assert not Drug.objects.exists()
        assert not Encounter.objects.filter(recodings__isnull=False).exists()
