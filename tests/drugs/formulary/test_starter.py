import csv
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase

from drugs import facts, formulary, selectors
from drugs.formulary.starter import FILES, SEED, quarter_dates
from drugs.models import BillingCode, Drug, FormularyRelease, MarketedSize, Price
from rules.vocabulary import Family
from tests.factories.drugs import FormularyReleaseFactory, listed_drug

AT = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
EARLY_2026 = date(2026, 1, 15)


class TestLoadSeed(TestCase):
    """The real starter formulary, loaded once for all of these."""

    loaded: formulary.Loaded

    @classmethod
    def setUpTestData(cls) -> None:
        cls.loaded = formulary.load_seed(at=AT)

    def codes(self, name: str, on: date, route: str = "IV") -> dict[str, str]:
        resolution = selectors.resolve(name=name, on=on, route=route)
        assert resolution.drug, name
        found = selectors.billing_codes_for(drug=resolution.drug, on=on, route=route, product=resolution.product)
        return {code.hcpcs_id: code.per for code in found}

    def test_has_the_drugs_of_an_infusion_centre(self) -> None:
        assert selectors.drugs_in_force(EARLY_2026).count() >= 250

    def test_a_second_time_changes_nothing(self) -> None:
        again = formulary.load_seed(at=AT)
        assert (again.release, again.added, again.withdrawn) == (self.loaded.release, 0, 0)
        assert FormularyRelease.objects.count() == 1

    def test_lacks_nothing_but_what_cms_leaves_open(self) -> None:
        """CMS lists bags of saline and dextrose under the codes of all bag sizes."""
        for on in (date(2025, 1, 1), date(2025, 7, 1), EARLY_2026):
            found = {(gap.kind, gap.drug and gap.drug.name) for gap in selectors.gaps(on)}
            assert found == {
                (selectors.GapKind.PACKAGE_OF_SEVERAL, "sodium chloride 0.9%"),
                (selectors.GapKind.PACKAGE_OF_SEVERAL, "dextrose 5%"),
            }

    def test_the_size_of_the_bag_decides_the_code_of_a_fluid(self) -> None:
        drug = Drug.objects.get(name="sodium chloride 0.9%")
        said = {}
        for volume in (50, 250, 499, 500, 999, 1000, 2000, None):
            asked = Decimal(volume) if volume else None
            found = facts.drug_facts(drug=drug, on=EARLY_2026, route="IV", volume_ml=asked).billing_codes or ()
            said[volume] = [code.code for code in found]
        assert said == {
            50: ["J7050"],
            250: ["J7050"],
            499: ["J7050"],
            500: ["J7040"],
            999: ["J7040"],
            1000: ["J7030"],
            2000: ["J7030"],
            None: ["J7030", "J7040", "J7050"],
        }

    def test_the_size_of_the_bottle_decides_the_code_of_albumin(self) -> None:
        drug = Drug.objects.get(name="albumin human 5%")
        found = facts.drug_facts(drug=drug, on=EARLY_2026, volume_ml=Decimal(250)).billing_codes or ()
        assert [code.code for code in found] == ["P9045"]

    def test_the_volume_does_not_decide_between_contrast_media(self) -> None:
        drug = Drug.objects.get(name="iohexol")
        found = facts.drug_facts(drug=drug, on=EARLY_2026, volume_ml=Decimal(100)).billing_codes or ()
        assert [code.code for code in found] == ["Q9965", "Q9966", "Q9967"]

    def test_the_concentration_decides_the_code_of_a_contrast_medium(self) -> None:
        assert self.codes("Omnipaque 350", EARLY_2026) == {"Q9967": "1 mL"}
        assert self.codes("iohexol 240", EARLY_2026) == {"Q9966": "1 mL"}

    def test_vancomycin_changes_its_code_in_july_2025(self) -> None:
        assert self.codes("vancomycin", date(2025, 6, 30)) == {"J3370": "500 mg"}
        assert self.codes("vancomycin", date(2025, 7, 1)) == {"J3373": "10 mg"}

    def test_each_biosimilar_has_its_own_code(self) -> None:
        assert self.codes("bevacizumab", EARLY_2026) == {"J9035": "10 mg"}
        assert self.codes("bevacizumab", EARLY_2026, "ophthalmic") == {"C9257": "0.25 mg"}
        assert self.codes("Mvasi", EARLY_2026) == {"Q5107": "10 mg"}
        assert self.codes("Zirabev", EARLY_2026) == {"Q5118": "10 mg"}
        assert self.codes("pegfilgrastim", EARLY_2026, "SC") == {"J2506": "0.5 mg"}
        assert self.codes("Fulphila", EARLY_2026, "SC") == {"Q5108": "0.5 mg"}
        assert self.codes("Jubbonti", EARLY_2026, "SC") == {"Q5136": "1 mg"}

    def test_denosumab_docetaxel_and_the_leucovorins(self) -> None:
        assert self.codes("Xgeva", EARLY_2026, "SC") == {"J0897": "1 mg"}
        assert self.codes("Prolia", EARLY_2026, "SC") == {"J0897": "1 mg"}
        assert self.codes("docetaxel", EARLY_2026) == {"J9171": "1 mg"}
        assert self.codes("Docivyx", EARLY_2026) == {"J9172": "1 mg"}
        assert self.codes("leucovorin", EARLY_2026) == {"J0640": "50 mg"}
        assert self.codes("levoleucovorin", EARLY_2026) == {"J0641": "0.5 mg"}
        assert self.codes("Khapzory", EARLY_2026) == {"J0642": "0.5 mg"}

    def test_a_route_may_decide_the_code(self) -> None:
        assert self.codes("ustekinumab", EARLY_2026, "IV") == {"J3358": "1 mg"}
        assert self.codes("ustekinumab", EARLY_2026, "SC") == {"J3357": "1 mg"}

    def test_dialysis_has_its_own_code_only_where_it_is_said(self) -> None:
        drug = Drug.objects.get(name="darbepoetin alfa")
        usual = selectors.billing_codes_for(drug=drug, on=EARLY_2026)
        dialysis = selectors.billing_codes_for(drug=drug, on=EARLY_2026, circumstance="esrd_on_dialysis")
        assert [c.hcpcs_id for c in usual] == ["J0881"]
        assert [c.hcpcs_id for c in dialysis] == ["J0882"]

    def test_a_brand_with_a_code_of_its_own_is_not_guessed_from_the_ingredient(self) -> None:
        assert self.codes("pemetrexed", EARLY_2026) == {"J9305": "10 mg"}
        assert self.codes("Pemfexy", EARLY_2026) == {"J9304": "10 mg"}
        resolution = selectors.resolve(name="IVIG", on=EARLY_2026, route="IV")
        assert len(resolution.ambiguous_codes) > 1
        assert self.codes("Privigen", EARLY_2026) == {"J1459": "500 mg"}

    def test_families_follow_the_reading_of_cpt(self) -> None:
        expected = {
            "paclitaxel": Family.ANTINEOPLASTIC,
            "rituximab": Family.ANTINEOPLASTIC,
            "leuprolide": Family.ANTINEOPLASTIC_HORMONAL,
            "fulvestrant": Family.ANTINEOPLASTIC_HORMONAL,
            "infliximab": Family.COMPLEX_BIOLOGIC,
            "natalizumab": Family.COMPLEX_BIOLOGIC,
            "leucovorin": Family.THERAPEUTIC,
            "denosumab": Family.THERAPEUTIC,
            "immune globulin": Family.THERAPEUTIC,
            "iron sucrose": Family.THERAPEUTIC,
            "normal saline": Family.HYDRATION_FLUID,
            "packed red blood cells": Family.BLOOD,
            "iohexol": Family.CONTRAST,
            "flu vaccine": Family.VACCINE,
        }
        said = {}
        for name in expected:
            drug = selectors.resolve(name=name, on=EARLY_2026).drug
            assert drug, name
            said[name] = facts.drug_facts(drug=drug, on=EARLY_2026).family
        assert said == expected

    def test_common_chart_names_resolve(self) -> None:
        charted = {
            "Vancomycin HCl 1,000 mg IVPB": "vancomycin",
            "ondansetron 4 mg/2 mL": "ondansetron",
            "0.9% Sodium Chloride 1,000 mL": "sodium chloride 0.9%",
            "D5 1/2 Normal Saline with 20 mEq potassium chloride": (
                "dextrose 5% in sodium chloride 0.45% with potassium chloride"
            ),
            "fam-trastuzumab deruxtecan": "fam-trastuzumab deruxtecan-nxki",
            "lactated ringer's": "lactated ringer's",
            "diphenhydramine HCl 50 mg/mL vial": "diphenhydramine",
            "methylPREDNISolone sodium succinate": "methylprednisolone sodium succinate",
        }
        found = {name: selectors.resolve(name=name, on=EARLY_2026).drug for name in charted}
        assert {name: drug and drug.name for name, drug in found.items()} == charted

    def test_a_misspelling_is_a_suggestion(self) -> None:
        resolution = selectors.resolve(name="docetaxol", on=EARLY_2026)
        assert (resolution.drug, resolution.suggestions[0]) == (None, "docetaxel")

    def test_multi_dose_vials_are_not_sizes_of_single_dose_ones(self) -> None:
        drug = Drug.objects.get(name="trastuzumab-dkst")
        sizes = facts.drug_facts(drug=drug, on=EARLY_2026).marketed_sizes
        assert [int(size.amount) for size in sizes] == [150]
        assert MarketedSize.objects.in_force(EARLY_2026).filter(drug=drug, is_single_dose=False).exists()

    def test_prices_hold_for_their_quarter(self) -> None:
        prices = Price.objects.filter(hcpcs="J9035").order_by("effective_from")
        assert [p.effective_from for p in prices] == [quarter_dates(f"2025Q{n}")[0] for n in (1, 2, 3, 4)] + [
            date(2026, 1, 1)
        ]
        drug = Drug.objects.get(name="bevacizumab")
        (code,) = facts.drug_facts(drug=drug, on=EARLY_2026, route="IV").billing_codes or ()
        assert str(code.price) == "73.632"

    def test_unclassified_codes_are_known(self) -> None:
        unclassified = BillingCode.objects.in_force(EARLY_2026).filter(is_unclassified=True)
        assert set(unclassified.values_list("hcpcs", flat=True)) == {"J3490", "J3590", "J9999", "C9399"}


def seed_copy(folder: Path, **replacements: tuple[str, str]) -> Path:
    """The seed's files in another folder, with one text of a file replaced."""
    for name in FILES:
        shutil.copy(SEED / name, folder / name)
    for stem, (old, new) in replacements.items():
        path = folder / f"{stem}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.django_db
class TestFurtherSeed:
    def test_withdraws_what_is_gone_and_adds_what_is_new(self, tmp_path: Path) -> None:
        first = formulary.load_seed(at=AT)
        folder = seed_copy(tmp_path, names=("bevacizumab,Avastin,brand", "bevacizumab,Avastin 100,brand"))
        second = formulary.load_seed(at=AT, folder=folder)
        assert (second.added, second.withdrawn) == (1, 1)
        assert second.release.pk > first.release.pk
        assert selectors.resolve(name="Avastin", on=EARLY_2026).drug is None
        assert selectors.resolve(name="Avastin 100", on=EARLY_2026).drug

    def test_is_refused_once_people_have_changed_the_formulary(self, tmp_path: Path) -> None:
        FormularyReleaseFactory.create()
        with pytest.raises(formulary.UnableToLoadSeed, match="changed by hand"):
            formulary.load_seed(at=AT)
        with pytest.raises(CommandError, match="changed by hand"):
            call_command("load_formulary_seed")

    def test_a_broken_file_changes_nothing(self, tmp_path: Path) -> None:
        folder = seed_copy(tmp_path, billing_codes=(",10,mg,", ",ten,mg,"))
        with pytest.raises(ArithmeticError):
            formulary.load_seed(at=AT, folder=folder)
        assert not FormularyRelease.objects.exists()
        assert not Drug.objects.exists()


@pytest.mark.django_db
class TestCommand:
    def test_says_what_it_did(self) -> None:
        out = StringIO()
        call_command("load_formulary_seed", stdout=out)
        release = FormularyRelease.objects.get()
        assert f"Formulary {release.version}: " in out.getvalue()
        assert " rows added, 0 withdrawn." in out.getvalue()

    def test_leaves_a_formulary_that_holds_it_alone(self) -> None:
        call_command("load_formulary_seed", stdout=StringIO())
        listed_drug("another")
        out = StringIO()
        call_command("load_formulary_seed", stdout=out)
        assert ": 0 rows added, 0 withdrawn." in out.getvalue()


class TestFiles:
    def test_name_a_source_in_every_row_that_has_one(self) -> None:
        for name in FILES:
            with (SEED / name).open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            assert rows
            assert all(row["source"] for row in rows if "source" in row)

    def test_hold_no_cpt_code(self) -> None:
        for name in ("billing_codes.csv", "drug_billing_codes.csv", "ndc_billing_codes.csv", "prices.csv"):
            with (SEED / name).open(encoding="utf-8", newline="") as file:
                assert all(row["code"][0].isalpha() for row in csv.DictReader(file))


class TestQuarterDates:
    def test_end_where_the_next_begins(self) -> None:
        assert quarter_dates("2025Q4") == (date(2025, 10, 1), date(2026, 1, 1))
        assert quarter_dates("2026Q1") == (date(2026, 1, 1), date(2026, 4, 1))
