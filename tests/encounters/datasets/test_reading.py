"""The datasets' rows become encounters, or are counted with the reason why not."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from encounters.datasets import eicu, mimic_emar, mimic_icu
from encounters.datasets.drug_names import charted_drug
from encounters.datasets.tables import UnableToReadDataset
from encounters.intake.records import AdministrationRecord, Amount, EncounterRecord, ReadEncounter


def only(found: list[ReadEncounter]) -> EncounterRecord:
    (read,) = found
    assert read.encounter
    return read.encounter


def by_id(encounter: EncounterRecord) -> dict[str, AdministrationRecord]:
    return {each.external_id: each for each in encounter.administrations}


class TestMimicStays:
    def test_joins_changes_of_rate_to_one_administration(self, mimic: Path) -> None:
        given = by_id(only(list(mimic_icu.stays(mimic, as_outpatient=True, set_aside=Counter()))))
        drip = given["50-1"]
        assert (drip.started_at, drip.stopped_at) == (
            datetime(2130, 1, 1, 10, tzinfo=UTC),
            datetime(2130, 1, 1, 12, tzinfo=UTC),
        )
        assert (drip.dose, drip.route, drip.technique, drip.bag) == (
            Amount(Decimal("4.000000"), "mg"),
            "IV",
            "infusion",
            "50",
        )
        assert given["50-2"].purpose == "diluent"

    def test_keeps_what_is_eaten_as_oral(self, mimic: Path) -> None:
        assert by_id(only(list(mimic_icu.stays(mimic, as_outpatient=True, set_aside=Counter()))))["51-3"].route == "PO"

    def test_sets_aside_a_stop_before_its_start(self, mimic: Path) -> None:
        set_aside: Counter[str] = Counter()
        list(mimic_icu.stays(mimic, as_outpatient=True, set_aside=set_aside))
        assert set_aside == {"no usable start and stop": 1}

    def test_is_inpatient_unless_told_otherwise(self, mimic: Path) -> None:
        inpatient = only(list(mimic_icu.stays(mimic, as_outpatient=False, set_aside=Counter())))
        assert inpatient.inpatient_order_at == datetime(2130, 1, 1, 8, tzinfo=UTC)

    def test_names_the_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(UnableToReadDataset, match="d_items"):
            list(mimic_icu.stays(tmp_path, as_outpatient=True, set_aside=Counter()))


class TestMimicAdmissions:
    def test_joins_start_and_stop(self, mimic: Path) -> None:
        reads = list(mimic_emar.admissions(mimic, as_outpatient=True, set_aside=Counter()))
        given = {name: each for read in reads if read.encounter for name, each in by_id(read.encounter).items()}
        assert given["7-1"].stopped_at == datetime(2130, 1, 2, 11, 10, tzinfo=UTC)
        assert given["7-1"].dose == Amount(Decimal("1000.000000"), "mg")
        assert given["7-3"].status == "not_given"
        assert (given["7-4"].purpose, given["7-4"].route) == ("flush", "IV")

    def test_counts_every_row(self, mimic: Path) -> None:
        set_aside: Counter[str] = Counter()
        reads = list(mimic_emar.admissions(mimic, as_outpatient=True, set_aside=set_aside))
        kept = sum(len(read.encounter.administrations) for read in reads if read.encounter)
        assert kept + sum(set_aside.values()) == 6


class TestEicuStays:
    def test_joins_rates_until_off_or_silence(self, eicu_folder: Path) -> None:
        set_aside: Counter[str] = Counter()
        given = by_id(only(list(eicu.unit_stays(eicu_folder, as_outpatient=True, set_aside=set_aside))))
        assert given["rate-11"].stopped_at == datetime(2015, 1, 15, 14, 54, tzinfo=UTC)
        assert given["rate-14"].stopped_at is None
        assert given["rate-11"].drug_name == "Norepinephrine"
        assert given["order-21"].technique == "infusion"
        assert given["order-22"].status == "not_given"
        assert len(given) + sum(set_aside.values()) == 9


class TestChartedDrug:
    @pytest.mark.parametrize(
        ("text", "name", "kind"),
        [
            ("NaCl 0.9%", "sodium chloride 0.9%", "hydration"),
            ("Norepinephrine (mcg/kg/min)", "Norepinephrine", ""),
            ("Propofol ()", "Propofol", ""),
            ("Furosemide (Lasix)", "Furosemide", ""),
            ("Volume (mL) Magnesium  (ml/hr)", "Magnesium", ""),
            ("Packed Red Blood Cells", "red blood cells", "blood"),
        ],
    )
    def test_is_what_a_chart_would_say(self, text: str, name: str, kind: str) -> None:
        assert (charted_drug(text).name, charted_drug(text).kind) == (name, kind)
