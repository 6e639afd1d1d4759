import csv
import re
from collections import Counter
from decimal import Decimal

import pytest

from drugs.cms.descriptor import BillingAmount, Unread, read_amount
from drugs.formulary.starter import SEED
from drugs.models import Unit
from tests.drugs.cms import published
from tests.drugs.cms.published import where_present

READ = {
    "Injection, bevacizumab, 10 mg": (10, "mg"),
    "10 MG": (10, "mg"),
    ".625 GM": ("0.625", "g"),
    "Injection, heparin sodium, per 1,000 units": (1000, "units"),
    "Injection, interferon, alfa-2b, recombinant, 1 million units": (1_000_000, "units"),
    "Injection, penicillin g potassium, up to 600,000 units": (600_000, "units"),
    "Injection, levothyroxine sodium, 10 micrograms": (10, "mcg"),
    "Injection, vitamin b-12 cyanocobalamin, up to 1000 mcg": (1000, "mcg"),
    "Injection, streptomycin, up to 1 gm": (1, "g"),
    "Injection, potassium chloride, per 2 meq": (2, "mEq"),
    "Ringers lactate infusion, up to 1000 cc": (1000, "mL"),
    "5% dextrose/water (500 ml = 1 unit)": (500, "mL"),
    "Injection, triamcinolone acetonide, not otherwise specified, 10 mg": (10, "mg"),
    "Injection, epoetin alfa, (for esrd on dialysis), 1000 units": (1000, "units"),
    "Injection, factor viii (antihemophilic factor, human) per i.u.": (1, "units"),
    "Low osmolar contrast material, 100-199 mg/ml iodine concentration, per ml": (1, "mL"),
    "Injection, aldesleukin, per single use vial": (1, "each"),
    "Red blood cells, leukocytes reduced, each unit": (1, "each"),
    "Technetium tc-99m sestamibi, diagnostic, per study dose": (1, "each"),
    "Injection, onasemnogene, per treatment, up to 5x10^15 vector genomes": (1, "each"),
    "Cells, up to 600 million car-positive viable t cells, per therapeutic dose": (1, "each"),
    "Injection, meropenem and vaborbactam, 10mg/10mg (20mg)": (20, "mg"),
    "75mg (50mg cft/25mg taz)": (75, "mg"),
    "300 MCG (1500 IU)": (300, "mcg"),
}
COUNTED = {
    "Injection, cabotegravir and rilpivirine, 2mg/3mg": (2, "cabotegravir"),
    "Injection, nivolumab and relatlimab-rmbw, 3 mg/1 mg": (3, "nivolumab"),
    "Injection, liposomal, 1 mg daunorubicin and 2.27 mg cytarabine": (1, "daunorubicin"),
    "Injection, sulfamethoxazole 5 mg and trimethoprim 1 mg": (5, "sulfamethoxazole"),
    "Injection, daratumumab, 10 mg and hyaluronidase-fihj": (10, "daratumumab"),
    "Injection, ferric pyrophosphate citrate powder, 0.1 mg of iron": ("0.1", "iron"),
    "Injection, fosphenytoin, 50 mg phenytoin equivalent": (50, "phenytoin"),
    "Per factor viii i.u.": (1, "factor viii"),
}
UNREAD = {
    "2MG/3MG": "several amounts: 2mg, 3mg",
    "Unclassified drugs": "without a code of their own",
    "Prescription drug, oral, chemotherapeutic, nos": "without a code of their own",
    "Less than or equal to 100 MG": "a range: equal to 100",
    "Injection, gamma globulin, intramuscular, over 10 cc": "a range: over 10",
    "1 SQ CM": "counts an area",
    "Apligraf, per square centimeter": "counts an area",
    "Fluoroestradiol f18, diagnostic, 1 mci": "counts radioactivity",
    "Injection, aprotonin, 10,000 kiu": "kallikrein",
    "1 million PFU": "plaque forming units",
    "Injection, mannitol, 25% in 50 ml": "what it comes in",
    "Injection, torsemide, 10 mg/ml": "a strength",
    "Pharmacy supply fee, per 30-days": "a time",
    "Injection, drug, 0 mg": "it says none",
    "": "it says no amount",
}
OTHER_DRUGS = re.compile(r"A9[56]|C9[0-5]|P90|S0[01]")
SET_BY_HAND = {
    # The total of the two ingredients, as the dosage column prints it.
    "J0695", "J0714",
    # One presentation, counted whole.
    "J1454", "J2790", "J9325", "Q9991", "Q9992",
    # The descriptor names what the drug comes in.
    "J2150",
}  # fmt: skip
"""Codes whose amount in the starter formulary was decided on more than the long description."""


class TestReadAmount:
    @pytest.mark.parametrize(("text", "said"), READ.items(), ids=READ)
    def test_reads_one_amount(self, text: str, said: tuple[str | int, str]) -> None:
        assert read_amount(text)[:2] == (Decimal(said[0]), Unit(said[1]))

    @pytest.mark.parametrize(("text", "said"), COUNTED.items(), ids=COUNTED)
    def test_names_the_ingredient_that_is_counted(self, text: str, said: tuple[str | int, str]) -> None:
        amount = read_amount(text)
        assert (amount.amount, amount.counted_ingredient) == (Decimal(said[0]), said[1])

    @pytest.mark.parametrize(("text", "why"), UNREAD.items(), ids=UNREAD)
    def test_says_why_it_reads_none(self, text: str, why: str) -> None:
        amount = read_amount(text)
        assert isinstance(amount, Unread)
        assert why in amount.why


@where_present
class TestRealDescriptions:
    def test_give_the_amounts_of_the_starter_formulary(self) -> None:
        with (SEED / "billing_codes.csv").open(encoding="utf-8", newline="") as file:
            seeded = [row for row in csv.DictReader(file) if row["code"] in published.descriptors()]
        apart = set()
        for row in seeded:
            amount = read_amount(published.descriptors()[row["code"]].long_description)
            if not row["is_unclassified"] and amount[:2] != (Decimal(row["per_amount"]), row["per_unit"]):
                apart.add(row["code"])
        assert apart == SET_BY_HAND
        assert len(seeded) > 500

    def test_leave_these_drugs_unread(self) -> None:
        """Of all J codes of October 2025; each reason with the number of its codes."""
        drugs = [row for code, row in published.descriptors().items() if code.startswith("J")]
        read = [read_amount(row.long_description) for row in drugs]
        whys = Counter(amount.why.split(":")[0] for amount in read if isinstance(amount, Unread))
        assert whys == {
            "it is for drugs without a code of their own": 14,
            "it says no amount": 8,
            "it says a range": 7,
            "its only amount is a strength, or what it comes in": 2,
            "it counts an area": 2,
            "it counts kallikrein inhibitor units": 1,
            "it counts vector genomes": 1,
            "it counts plaque forming units": 1,
        }
        assert len(drugs) == 1188

    def test_leave_these_other_drugs_unread(self) -> None:
        """Of contrast, radiopharmaceuticals, pass-through drugs, blood and private payers' drugs."""
        drugs = [row for code, row in published.descriptors().items() if OTHER_DRUGS.match(code)]
        read = [read_amount(row.long_description) for row in drugs]
        whys = Counter(amount.why.split(":")[0] for amount in read if isinstance(amount, Unread))
        assert whys == {
            "it counts radioactivity": 46,
            "it is for drugs without a code of their own": 6,
            "it counts an area": 7,
            "it says no amount": 9,
            "it counts vector genomes": 1,
            "it counts plaque forming units": 1,
            "it counts a time": 1,
        }
        assert len(drugs) > 400

    def test_differ_from_the_dosage_column_only_where_cms_misprinted(self) -> None:
        apart = set()
        for quarter in published.QUARTERS:
            for code, row in published.prices(quarter).items():
                said = published.descriptors().get(code)
                amounts = [read_amount(said.long_description), read_amount(row.dosage)] if said else []
                if amounts and all(isinstance(a, BillingAmount) for a in amounts) and amounts[0][:2] != amounts[1][:2]:
                    apart.add((code, quarter))
        misprints = {("J2277", "2024Q3"), ("J2404", "2024Q4"), *(("J7178", f"2024Q{number}") for number in (1, 2, 3))}
        combinations = {"J0695", "J0714", "J1454", "J7308", "J7354", "J8655"}
        assert {(code, quarter) for code, quarter in apart if code not in combinations} == misprints
