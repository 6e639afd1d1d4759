"""National Correct Coding Initiative: published files read, dated look-ups, and what they find on a claim."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given

from rules import explain
from rules.engine import code_encounter
from rules.errors import BadValue, DuplicateKey, UnknownKey
from rules.facts import EncounterFacts, OtherService
from rules.result import CodingResult, Finding
from rules.rulebook import edits, ncci
from rules.rulebook.document import Place
from rules.rulebook.edits import EditsInForce
from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import Rulebook
from rules.rulebook.terms import ClaimEdits
from rules.vocabulary import FindingKind, Severity
from tests.factories.facts import coded, encounter, infusion, injection, push
from tests.factories.strategies import encounters, policies

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "format_samples"
DAY = date(2026, 1, 15)

CMS_PTP = (
    "CPT only.\t\t\t\t\t\t\nColumn1/Column2 Edits\t\t\t\t\t\t\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n\t\t\t\t*=no data\t1=allowed\t\n"
    "96365\t96372\t\t20090101\t*\t1\tReason\n"
    "96365\t36591\t\t20090101\t20240630\t0\tReason\n"
    "96365\t96523\t\t20090101\t20240731\t0\tReason\n"
    "96365\t36592\t\t20090101\t20090101\t9\tReason\n"
    "0001U\t96372\t\t20180701\t*\t1\tReason\n"
)
CMS_PTP_BODY_LATER = CMS_PTP.replace("96365\t96372", "\t\t\t\t\t\t\n96365\t96372", 1)
CMS_MUE = (
    '"Current codes.\n\nAll rights reserved.",,,\n'
    '"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'
    "96365,1,3 Date of Service Edit: Clinical,Clinical: Data\n"
    "71046,2,3 Date of Service Edit: Clinical,Clinical: Data\n"
    "J1885,8,3 Date of Service Edit: Clinical,Prescribing Information\n"
)
PTP = "column1,column2,deletion_date,modifier_indicator,ptp_edit_rationale\n96365,96372,,1,Reason\n"
MUE = "hcpcs_code,mue_units,mue_mai,mue_rationale,mue_service\n96361,24,3,Data,Outpatient Hospital\n"
BOTH = (
    "hcpcs_code,practitioner_mue,practitioner_mai,practitioner_rationale,hospital_mue,hospital_mai,hospital_rationale\n"
    "96360,1,3,Data,2,3,Data\n96376,0,3,Data,10,3,Data\n96999,,,,1,2,Data\n"
)
ADDON = "primary_code,add_on_code,aoc_edit_type\nCCCCC,96361,2\n96360,96361,1\n99202,99417,1\n"


def read(text: str, *, file: str = "file.csv", setting: str = "practitioner") -> list[tuple[str, ...]]:
    return [row for _, row in ncci.read_published(text, file=file, setting=setting).rows]


def written(text: str, *, setting: str = "practitioner", quarter_from: date = date(2024, 7, 1)) -> str:
    tables = ncci.Tables(ncci.codes_dealt_with(load_rulebook()), quarter_from)
    published = ncci.read_published(text, file="file.csv", setting=setting)
    tables.add(published, file="file.csv")
    return tables.text(published.kind)


class TestReadPublished:
    def test_reads_the_pairs_as_cms_publishes_them(self) -> None:
        found = read(CMS_PTP, file="ccipra-v322r0-f1.txt")
        assert found[0] == ("96365", "96372", "1", "2009-01-01", "")
        assert found[2] == ("96365", "96523", "0", "2009-01-01", "2024-07-31")
        assert len(found) == 5

    def test_reads_on_after_a_line_without_a_pair(self) -> None:
        assert read(CMS_PTP_BODY_LATER) == read(CMS_PTP)
        assert read(CMS_PTP + "\n") == read(CMS_PTP)
        assert read(MUE + "\n", setting="hospital") == read(MUE, setting="hospital")

    def test_reads_mues_as_cms_publishes_them(self) -> None:
        assert read(CMS_MUE) == [("96365", "1", "3"), ("71046", "2", "3"), ("J1885", "8", "3")]

    def test_reads_converted_files(self) -> None:
        assert read(PTP) == [("96365", "96372", "1", "", "")]
        assert read(MUE, setting="hospital") == [("96361", "24", "3")]
        assert read(BOTH) == [("96360", "1", "3"), ("96376", "0", "3")]
        assert read(BOTH, setting="hospital")[1:] == [("96376", "10", "3"), ("96999", "1", "2")]
        assert read(ADDON)[1] == ("96360", "96361", "1")

    @pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published files do not lie beside the checkout")
    def test_reads_the_excerpts_of_the_newest_files(self) -> None:
        ptp, mue = "ccipra-v322r0-f1.excerpt.txt", "MCR_MUE_PractitionerServices_Eff_10-01-2026.excerpt.csv"
        pairs = read((SAMPLES / ptp).read_text(), file=ptp)
        assert pairs[0] == ("0001A", "0591T", "1", "2022-01-01", "2023-12-31")
        assert pairs[-1][4] == ""
        assert ("J1885", "8", "3") in read((SAMPLES / mue).read_text(), file=mue)

    @pytest.mark.parametrize(
        ("text", "file", "setting", "says"),
        [
            (CMS_PTP, "ccioph-v1.txt", "practitioner", "ccioph-v1.txt:1: by its name these are the hospital edits"),
            (CMS_MUE, "f", "hospital", "f:5: 'Practitioner Services MUE Values' are not the edits of hospital"),
            (MUE, "f", "practitioner", "f:2: an edit of ['Outpatient Hospital'], not of Practitioner"),
            ("a,b\n1,2\n", "f", "hospital", "f:1: no header"),
            ("", "f", "hospital", "f:1: no header"),
            ("a\tb\n1\t2\n", "f", "hospital", "f:1: no line with the columns of a PTP file"),
            (CMS_PTP.replace("\t1\tReason", "\t7\tReason", 1), "f", "hospital", "f:6: '7' is not a modifier indicator"),
            (CMS_PTP.replace("20090101\t*", "2009\t*", 1), "f", "hospital", "f:6: '2009' is not a day"),
            (CMS_PTP.replace("96365\t96372", "96365\t9637", 1), "f", "hospital", "f:6: '9637' is not a code"),
            (CMS_PTP + "96365\t96374\n", "f", "hospital", "f:11: 2 cells"),
            (PTP + "96365,96372\n", "f", "hospital", "f:3: 2 cells where the header has 5"),
            (CMS_MUE.replace("96365,1", "96365,-1"), "f", "practitioner", "f:6: '-1' units"),
            (CMS_MUE.replace("96365,1,3 ", "96365,1,4 "), "f", "practitioner", "f:6: '1' units with MAI '4'"),
            (ADDON + "96360,96361,9\n", "f", "hospital", "f:5: '9' is not a type"),
            (ADDON + '96360,"96361,1\n', "f", "hospital", "f:5: not readable as CSV"),
        ],
        ids=str,
    )
    def test_refuses_naming_the_line(self, text: str, file: str, setting: str, says: str) -> None:
        with pytest.raises(BadValue) as caught:
            read(text, file=file, setting=setting)
        assert says in str(caught.value)


class TestTables:
    def test_keep_what_the_product_deals_with_and_the_quarter_still_knows(self) -> None:
        assert written(CMS_PTP).splitlines() == [
            "column_one,column_two,modifier_indicator,effective,deletion",
            "96365,96372,1,2009-01-01,",
            "96365,96523,0,2009-01-01,2024-07-31",
        ]
        assert written(CMS_MUE).splitlines() == ["code,units,mai", "96365,1,3", "J1885,8,3"]
        assert written(ADDON).splitlines() == ["primary,addon,type", "96360,96361,1", "99202,99417,1"]

    def test_refuse_a_second_value(self) -> None:
        tables = ncci.Tables(lambda *_: True, date(2024, 7, 1))
        tables.add(ncci.read_published(MUE, file="one", setting="hospital"), file="one")
        tables.add(ncci.read_published(MUE, file="two", setting="hospital"), file="two")
        other = ncci.read_published(MUE.replace(",24,", ",25,"), file="three", setting="hospital")
        with pytest.raises(BadValue, match="three:2: 96361 stands in these files twice"):
            tables.add(other, file="three")


class TestRows:
    PTP = "column_one,column_two,modifier_indicator,effective,deletion\n"

    def test_a_pair_holds_from_its_first_to_its_last_day(self) -> None:
        text = self.PTP + "96365,96523,0,2024-07-01,2024-09-30\n96365,36000,9,,\n"
        pair = edits.ptp_rows(text, file="f", quarter="2024Q3")["96523"]["96365"]
        days = (date(2024, 6, 30), date(2024, 7, 1), date(2024, 9, 30), date(2024, 10, 1))
        assert [pair.holds_on(day) for day in days] == [False, True, True, False]
        assert "36000" not in edits.ptp_rows(text, file="f", quarter="2024Q3")

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "f:1: the header must be"),
            (PTP + "96365,96523,0,,x\n", "f:2: row: 'x' is not a day"),
            (PTP + "96365,96523,4,,\n", "f:2: row: the modifier indicator"),
            (PTP + "96365,96523\n", "f:2: row: not column_one"),
        ],
        ids=str,
    )
    def test_refuse_pairs(self, text: str, says: str) -> None:
        with pytest.raises(BadValue) as caught:
            edits.ptp_rows(text, file="f", quarter="2024Q3")
        assert says in str(caught.value)

    def test_refuse_a_pair_that_stands_twice(self) -> None:
        with pytest.raises(DuplicateKey, match="f:3"):
            edits.ptp_rows(self.PTP + "96365,96523,0,,\n96365,96523,1,,\n", file="f", quarter="2024Q3")

    def test_refuse_edits_that_are_none(self) -> None:
        with pytest.raises(BadValue, match="f:2: row: units"):
            edits.mue_rows("code,units,mai\n96365,1,4\n", file="f", quarter="2024Q3")
        with pytest.raises(BadValue, match="f:2: row: the type"):
            edits.addon_rows("primary,addon,type\n96360,96361,5\n", file="f")

    @pytest.mark.parametrize("quarter", ["2024", "2024Q5", "24Q1", "Q1", "x024Q1"], ids=str)
    def test_refuse_what_is_no_quarter(self, quarter: str) -> None:
        with pytest.raises(BadValue, match="is not a quarter"):
            edits.first_day(quarter, place=Place("f", 1, "quarter"))


class TestCodeList:
    def test_holds_single_codes_and_ranges_with_both_ends(self) -> None:
        found = edits.code_list(("36000", "96360-96425"), place=Place("f", 1, "codes"))
        assert [code in found for code in ("36000", "36001", "96360", "96425", "96426", "9636", None)] == [
            *(True, False, True, True, False, False, False),
        ]
        assert str(found) == "36000, 96360-96425"

    @pytest.mark.parametrize("item", ["96425-96360", "9-96360"], ids=str)
    def test_refuses_a_range_that_is_none(self, item: str) -> None:
        with pytest.raises(BadValue, match="no range of codes"):
            edits.code_list((item,), place=Place("f", 1, "codes"))

    def test_is_asked_for_by_name(self) -> None:
        with pytest.raises(UnknownKey, match="is not a list of codes"):
            load_rulebook().as_of(DAY).codes_of("no such list")


class TestEditsInForce:
    @staticmethod
    def on(day: date) -> EditsInForce:
        return load_rulebook().as_of(day).edits

    def test_there_are_none_before_the_first_quarter(self) -> None:
        before, first = self.on(date(2024, 6, 30)), self.on(date(2024, 7, 1))
        assert (before.quarter("mue", "hospital"), first.quarter("mue", "hospital")) == (None, "2024Q3")
        assert (dict(before.mues("hospital")), dict(before.pairs("hospital")), dict(before.bases)) == ({}, {}, {})
        assert first.bases["96361"] == {"96360", "96365", "96374", "96409", "96413"}

    def test_tables_of_one_kind_follow_each_other(self) -> None:
        tables = {table.name: table for table in load_rulebook().content.edit_tables}
        assert tables["mue_hospital_2024q3"].period.until == date(2026, 10, 1)
        assert tables["mue_hospital_2026q4"].period.until is None

    def test_a_whole_table_takes_nothing_from_the_one_before(self) -> None:
        tables = {table.name: table for table in load_rulebook().content.edit_tables}
        whole = tables["mue_practitioner_2024q3"]
        assert whole.completed_by(tables["mue_hospital_2024q3"]) is whole


class TestClaimEdits:
    @staticmethod
    def on(day: date, *, is_professional: bool = False) -> ClaimEdits:
        return ClaimEdits(load_rulebook().as_of(day).edits, is_professional=is_professional, on=day)

    def test_the_newest_quarter_that_speaks_of_a_code_decides(self) -> None:
        before, after = self.on(date(2026, 9, 30)), self.on(date(2026, 10, 1))
        assert (before.mue("96361").quarter, after.mue("96361").quarter) == ("2024Q3", "2026Q4")
        assert after.mue("J9271").quarter == "2024Q3"
        assert (after.mue("96361").units, self.on(DAY, is_professional=True).mue("96361").units) == (24, 8)
        assert after.mue("JXXXX") is None

    def test_what_is_kept_of_sets_of_codes_has_a_bound_and_no_end(self) -> None:
        of_day = self.on(DAY)
        first = frozenset({"96361", "96365", "96372"})
        before = (of_day.pairs_among(first), of_day.addons_alone(first - {"96365"}))
        for nth in range(5000):
            codes = frozenset({"96361", str(nth)})
            assert of_day.pairs_among(codes) == ()
            assert [code for code, _ in of_day.addons_alone(codes)] == ["96361"]
        assert (of_day.pairs_among(first), of_day.addons_alone(first - {"96365"})) == before

    def test_a_pair_is_found_from_either_side(self) -> None:
        [pair] = self.on(DAY).pairs_among(frozenset({"96372", "96365"}))
        assert self.on(DAY).pairs_among(frozenset({"96365", "JXXXX", "96372"})) == (pair,)
        assert (pair.column_one, pair.column_two, pair.indicator) == ("96365", "96372", 1)
        assert self.on(DAY).pairs_among(frozenset({"96365", "96375"})) == ()

    def test_a_pair_holds_on_its_own_days_only(self) -> None:
        rows = "column_one,column_two,modifier_indicator,effective,deletion\n96365,96372,1,2025-01-01,2025-12-31\n"
        dated = edits.ptp_rows(rows, file="f", quarter="2024Q3")
        tables = [replace(table, pairs=dated) for table in load_rulebook().content.edit_tables if table.kind == "ptp"]
        found = [
            ClaimEdits(EditsInForce(tuple(tables), on=on), is_professional=False, on=on).pairs_among(
                frozenset({"96372", "96365"})
            )
            for on in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
        ]
        assert [len(pairs) for pairs in found] == [0, 1, 1, 0]

    def test_an_add_on_code_wants_one_of_its_primaries(self) -> None:
        of_day = self.on(DAY)
        [(code, primaries)] = of_day.addons_alone(frozenset({"96361", "96372"}))
        assert (code, "96365" in primaries) == ("96361", True)
        assert of_day.addons_alone(frozenset({"96361", "96365"})) == ()
        assert of_day.addons_alone(frozenset({"96365"})) == ()


INFUSION = infusion("a1", "drug a")
INJECTION = injection("a2", "drug b", at="11:10")


def found(result: CodingResult, kind: FindingKind) -> list[Finding]:
    return [finding for finding in result.findings if finding.kind == kind]


class TestFindings:
    def test_more_units_than_the_mue(self) -> None:
        shots = [injection(f"i{nth}", f"drug {nth}") for nth in range(6)]
        [finding] = found(coded(*shots), FindingKind.MUE_EXCEEDED)
        assert finding.severity == Severity.WARNS
        assert explain.finding_text(finding) == (
            "6 units of 96372 on 2026-01-15, and the MUE of 2024Q3 is 5, for the day, and can be appealed (MAI 3)."
        )
        assert not found(coded(*shots[:5]), FindingKind.MUE_EXCEEDED)
        assert not found(coded(*shots, date_of_service=date(2024, 6, 30)), FindingKind.MUE_EXCEEDED)

    def test_a_pair_without_and_with_its_modifier(self) -> None:
        result = coded(INFUSION, INJECTION)
        [finding] = found(result, FindingKind.NCCI_PAIR)
        assert (finding.severity, finding.administrations) == (Severity.WARNS, ("a1", "a2"))
        assert "96372 beside 96365 is paid only with a modifier" in explain.finding_text(finding)
        assert [line.modifiers for line in result.lines] == [(), ()]

    def test_a_second_initial_service_is_set_apart_by_its_modifier(self) -> None:
        result = coded(INFUSION, push("a2", "drug b", at="10:10", access="B"))
        assert ("96374", ("59",)) in {(line.code, line.modifiers) for line in result.lines}
        assert not found(result, FindingKind.NCCI_PAIR)

    @pytest.mark.parametrize(
        ("setting", "service", "severities"),
        [
            ("office", OtherService("36591"), {"included": "warns", "ncci_pair": "blocks"}),
            ("facility", OtherService("36591"), {"included": "warns"}),
            ("office", OtherService("36000"), {"included": "warns"}),
            ("office", OtherService("99211"), {"em_99211": "blocks"}),
            ("office", OtherService("99213"), {"needs_25": "warns"}),
            ("office", OtherService("99213", ("25",)), {}),
            ("office", OtherService("99231", ("25",)), {"ncci_pair": "blocks"}),
            ("office", OtherService("99284", ("25",)), {}),
        ],
        ids=str,
    )
    def test_other_services(self, setting: str, service: OtherService, severities: dict[str, str]) -> None:
        result = coded(INFUSION, setting=setting, other_services=(service,))
        kinds = {"included", "ncci_pair", "em_99211", "needs_25"}
        assert {one.kind: one.severity for one in result.findings if one.kind in kinds} == severities

    def test_an_add_on_code_without_a_primary_code(self) -> None:
        content = load_rulebook().content
        tables = tuple(
            replace(table, bases={"96366": frozenset({"96413", "96409"})}) if table.kind == "addon" else table
            for table in content.edit_tables
        )
        long = encounter(infusion("a1", "drug a", 91))
        result = code_encounter(long, rulebook=Rulebook(replace(content, edit_tables=tables)))
        [finding] = found(result, FindingKind.ADDON_WITHOUT_PRIMARY)
        assert finding.severity == Severity.WARNS
        assert explain.finding_text(finding) == ("96366 is an add-on code, and none of 96409, 96413 is on the claim.")

    @given(encounters(), policies())
    def test_the_engine_leaves_no_add_on_code_alone(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        result = code_encounter(facts, rulebook=load_rulebook(), overrides=policy)
        assert not found(result, FindingKind.ADDON_WITHOUT_PRIMARY)

    @given(encounters(), policies())
    def test_edits_change_no_line(self, facts: EncounterFacts, policy: dict[str, str]) -> None:
        content = load_rulebook().content
        without = Rulebook(replace(content, edit_tables=()))
        told = code_encounter(facts, rulebook=load_rulebook(), overrides=policy)
        untold = code_encounter(facts, rulebook=without, overrides=policy)
        assert told.lines == untold.lines
        assert set(untold.findings) <= set(told.findings)

    def test_every_time_a_service_is_named_counts(self) -> None:
        twice = (OtherService("99213"), OtherService("99213", ("25",)))
        assert found(coded(INFUSION, other_services=twice), FindingKind.NEEDS_25)
