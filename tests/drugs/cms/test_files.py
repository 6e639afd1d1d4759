import gzip
import io
import lzma
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from drugs.cms import streams, wrappers
from drugs.cms.files import CmsFile, FileKind, Quarter, UnableToReadFile, open_file
from tests.drugs.cms import published, samples
from tests.drugs.cms.published import DATA, where_present

APRIL = Quarter(2026, 2)


def read(content: bytes, *, name: str = "file.csv", **said: object) -> CmsFile:
    file = open_file(io.BytesIO(content), name=name, **said)
    file.rows = iter(list(file.rows))
    return file


def refusal(content: bytes, *, name: str = "file.csv", **said: object) -> str:
    with pytest.raises(UnableToReadFile) as refused:
        read(content, name=name, **said)
    return str(refused.value)


class TestOpenFile:
    @pytest.mark.parametrize("name", samples.EVERY)
    def test_reads_each_format(self, name: str) -> None:
        file = read(samples.EVERY[name], name=name)
        assert list(file.rows)
        assert len(file.sha256) == 64
        assert file.read > 0

    def test_reads_prices(self) -> None:
        file = read(samples.PRICING, name="section 508 version of Apr 2026 ASP Pricing File 031826.csv")
        radium, bevacizumab, mvasi = file.rows
        assert (file.kind, file.quarter, file.problems) == (FileKind.ASP_PRICING, APRIL, [])
        assert file.dropped == {"CPT code": 1}
        assert (radium.line, radium.limit, radium.notes) == (7, None, "100% AWP = $1.00 100% WAC = $2.00")
        assert (bevacizumab.line, bevacizumab.dosage, bevacizumab.limit) == (9, "10 MG", Decimal("75.492"))
        assert (mvasi.limit, mvasi.coinsurance) == (Decimal("1028.294"), Decimal("17.885"))

    def test_reads_a_crosswalk(self) -> None:
        file = read(samples.CROSSWALK)
        small, large, amnio, esrd, other = file.rows
        assert (file.kind, file.quarter) == (FileKind.ASP_CROSSWALK, APRIL)
        assert (small.ndc, small.name, small.billing_units) == ("50242006001", "Avastin", Decimal(10))
        assert (large.code, large.ndc, large.package_size) == ("J9035", "50242006101", Decimal(16))
        assert (amnio.code, amnio.ndc, amnio.alternate_id, amnio.billing_units) == (
            "Q4295",
            None,
            "00850021556280",
            None,
        )
        assert {esrd.code: esrd.ndc, other.code: other.ndc} == {"Q5105": "00069130510", "Q5106": "00069130510"}
        (problem,) = file.problems
        assert problem == (8, "BILLUNITS", "21.3125?", "is not a number")

    def test_reads_files_of_drugs_without_a_code(self) -> None:
        (price,) = read(samples.NOC_PRICING).rows
        (package,) = read(samples.NOC_CROSSWALK).rows
        assert (price.name, price.limit) == ("Vasopressin (Long)", Decimal("2.462"))
        assert (package.code, package.label, package.ndc) == ("", price.name, "81298855203")

    @pytest.mark.parametrize("content", [samples.ADDENDUM_B, samples.ADDENDUM_B_XLSX], ids=["csv", "xlsx"])
    def test_keeps_the_status_of_cpt_codes_without_their_words(self, content: bytes) -> None:
        rows = {row.code: row for row in read(content).rows}
        assert rows["96413"][1:5] == ("96413", "", "S", Decimal("357.61"))
        assert rows["J9035"].label == "Bevacizumab injection"
        assert not rows.keys() & {"0001F", "D0120"}

    def test_tells_a_code_without_a_classification_from_a_file_without_the_column(self) -> None:
        of_codes = {row.code: row.apc for row in read(samples.ADDENDUM_B).rows}
        assert (of_codes["96413"], of_codes["J9035"], of_codes["A4341"]) == ("5694", "9214", "")
        assert {row.apc for row in read(samples.SOFTEK_ADDENDUM_B).rows} == {None}

    def test_takes_the_quarter_of_a_converted_file_from_its_rows(self) -> None:
        assert read(samples.SOFTEK_ADDENDUM_B).quarter == APRIL

    @pytest.mark.parametrize("name", ["hcpcs.csv", "hcpcs.xlsx", "hcpcs.txt"])
    def test_reads_hcpcs(self, name: str) -> None:
        rows = {row.code: row for row in read(samples.EVERY[name]).rows}
        assert rows["JZ"].is_modifier
        vancomycin = rows["J3370"]
        assert (vancomycin.added, vancomycin.terminated) == (date(1986, 1, 1), date(2025, 6, 30))
        assert (vancomycin.action, vancomycin.label) == ("D", "Vancomycin inj")
        assert rows["J9035"].long_description.endswith("10 mg")

    def test_joins_the_lines_of_a_long_description(self) -> None:
        rows = {row.code: row for row in read(samples.HCPCS_FIXED).rows}
        said = "Injection, bevacizumab, whose name goes on to a second line of the description, 10 mg"
        assert rows["J9035"].long_description == said

    def test_mends_a_file_that_was_cut_at_other_offsets(self) -> None:
        modifier, bevacizumab, _ = read(samples.RESLICED).rows
        assert (modifier.code, modifier.is_modifier) == ("JZ", True)
        assert (bevacizumab.long_description, bevacizumab.label) == (
            "Injection, bevacizumab, 10 mg",
            "Bevacizumab injection",
        )
        assert (bevacizumab.added, bevacizumab.effective, bevacizumab.action) == (date(2005, 1, 1), None, "")

    def test_reads_products_and_packages(self) -> None:
        humalog, cool = read(samples.PRODUCT).rows
        assert (humalog.product_ndc, humalog.name, humalog.labeler) == (
            "000027510",
            "Humalog Mix",
            'Lilly "and" Company',
        )
        assert (humalog.routes, humalog.strengths) == (("INTRAVENOUS", "SUBCUTANEOUS"), ("100 [iU]/mL", ".5 mg/mL"))
        assert cool.labeler == "Wonder"
        multi, single, unsaid = read(samples.PACKAGE).rows
        assert [multi.ndc, single.ndc, unsaid.ndc] == ["00002751001", "50242006001", "99528359003"]
        assert [multi.is_single_dose, single.is_single_dose, unsaid.is_single_dose] == [False, True, None]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_reads_every_encoding_in_use(self, encoding: str) -> None:
        content = samples.CROSSWALK.decode("cp1252").encode(encoding)
        assert [row.name for row in read(content).rows][1] == "Avastin®"

    @pytest.mark.parametrize("order", [(3, 0, 2, 1), (1, 2, 3, 0)])
    def test_finds_columns_in_any_order(self, order: tuple[int, ...]) -> None:
        rows = [line.split(",") for line in samples.NOC_PRICING.decode().splitlines()]
        text = "".join(",".join((*row, "", "", "")[place] for place in order) + "\n" for row in rows[2:])
        assert next(read(text.encode()).rows).limit == Decimal("2.462")

    def test_takes_wrappers_off(self) -> None:
        for wrapped in (
            gzip.compress(samples.CROSSWALK),
            lzma.compress(samples.CROSSWALK),
            samples.archive(crosswalk_csv=samples.CROSSWALK),
            samples.archive(crosswalk_gz=gzip.compress(samples.CROSSWALK)),
            samples.archive(readme_txt=b"Read me.\n", crosswalk_csv=samples.CROSSWALK),
        ):
            assert len(list(read(wrapped).rows)) == 5

    def test_prefers_the_text_to_the_workbook_beside_it(self) -> None:
        both = samples.archive(HCPC_xlsx=samples.HCPCS_XLSX, HCPC_txt=samples.HCPCS_FIXED)
        assert read(both, name="HCPC2026_APR.zip").name == "HCPC2026_APR.zip/HCPC.txt"

    def test_asks_which_of_two_files_is_meant(self) -> None:
        both = samples.archive(product_txt=samples.PRODUCT, package_txt=samples.PACKAGE)
        assert "FDA NDC package, FDA NDC product" in refusal(both)
        assert len(list(read(both, kind=FileKind.NDC_PACKAGE).rows)) == 3

    def test_leaves_a_stream_open(self) -> None:
        stream = io.BytesIO(samples.PRICING)
        list(open_file(stream).rows)
        assert not stream.closed

    def test_reads_an_excerpt_where_it_is_said_to_be_one(self) -> None:
        begun = samples.PRICING.rpartition(b"Q5107")[0]
        assert "it was cut" in refusal(begun)
        assert len(list(read(begun, is_excerpt=True).rows)) == 2


class TestRefusals:
    def test_name_what_is_missing_and_what_was_found(self) -> None:
        said = refusal(samples.CROSSWALK.replace(b"BILLUNITSPKG", b"UNITS"))
        assert "line 4: columns of ASP NDC-HCPCS crosswalk are missing: BILLUNITSPKG; found were: _2026_CODE" in said

    def test_of_another_kind(self) -> None:
        assert "of ASP pricing, and one of HCPCS Level II was expected" in refusal(samples.PRICING, kind=FileKind.HCPCS)

    def test_of_another_quarter(self) -> None:
        said = refusal(samples.PRICING, quarter=Quarter(2026, 1))
        assert said == "file.csv, above the columns: the file is for 2026Q2, and 2026Q1 was expected"
        assert "its name says 2025Q4" in refusal(samples.PRICING, name="2025Q4_pricing.csv")
        two = samples.CROSSWALK.replace(b"April 2026 ASP", b"July 2026 ASP")
        assert "name two quarters" in refusal(two)
        assert "is not a calendar quarter" in refusal(samples.PRICING.replace(b"June 30", b"June 29"))

    def test_of_a_row_that_ends_early(self) -> None:
        said = refusal(samples.CROSSWALK.replace(b",1,1,21.3125?,1,,,", b",1"))
        assert said == "file.csv, line 8: the row ends after 7 of 10 columns: the file was cut"

    def test_of_a_last_line_without_an_end(self) -> None:
        assert "line 10: the last line has no end" in refusal(samples.CROSSWALK.removesuffix(b"\r\n"))

    def test_of_a_row_with_one_comma_too_many(self) -> None:
        said = refusal(samples.NOC_PRICING.replace(b"$2.462,", b"$2.462,,more"))
        assert said == "file.csv, line 4: the row has more than the 4 columns: “more” has no name"

    def test_of_a_cut_gzip(self) -> None:
        assert "it was cut or is damaged" in refusal(gzip.compress(samples.CROSSWALK)[:-12])

    def test_of_a_web_page(self) -> None:
        page = b"<!DOCTYPE html><html><head><title>Access denied</title></head></html>"
        assert refusal(page) == "file.csv, line 1: it is a web page, “Access denied”"

    @pytest.mark.parametrize("start", [b"%PDF-1.7", b"\xd0\xcf\x11\xe0", b"<?xml version", b'{"a": 1}', b"Rar!\x1a"])
    def test_of_other_kinds_of_file(self, start: bytes) -> None:
        assert "line 1: it is " in refusal(start + b" and more")

    def test_of_nothing_and_of_zeros(self) -> None:
        assert refusal(b"") == "file.csv: it is empty"
        assert refusal(bytes(100)) == "file.csv, byte 1: it is made of zeros"
        assert "line 3: zero bytes" in refusal(samples.PRICING.replace(b"April", b"Ap\0il"))

    def test_of_two_gigabytes_of_zeros_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "zeros.csv"
        with path.open("wb") as file:
            file.truncate(2 * 2**30)
        with pytest.raises(UnableToReadFile, match="made of zeros"):
            open_file(path)

    def test_of_a_bomb(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wrappers, "SMALLEST_BOUND", 2**16)
        text = samples.PRICING + b",,,,,,,,,,,\r\n" * 100_000
        assert "it unfolds to more than" in refusal(gzip.compress(text))
        assert "it unfolds to more than" in refusal(lzma.compress(text))
        assert "it unfolds to" in refusal(samples.archive(pricing_csv=text))
        nested = samples.archive(a_zip=samples.archive(b_zip=samples.archive(c_zip=samples.PRICING)))
        assert "more than 2 wrappers" in refusal(nested)

    def test_of_a_workbook_that_is_a_bomb(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("drugs.cms.tables.LARGEST_IN_MEMORY", 5000)
        assert "it unfolds to" in refusal(samples.HCPCS_XLSX)

    def test_of_too_many_bytes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(streams, "LARGEST", 200)
        assert "after byte 200" in refusal(samples.PRICING)

    def test_of_a_line_that_does_not_end(self) -> None:
        assert "the line does not end" in refusal(samples.PRICING + b"a" * 2**21)
        assert "the row does not end" in refusal(samples.PRICING + b'J9999,"' + b"a\r\n" * 2**17)

    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r=", "\u00a0=", " @"])
    def test_of_a_formula_in_a_name(self, sign: str) -> None:
        name = f'"{sign}HYPERLINK(1)"'.encode("cp1252")
        said = refusal(samples.CROSSWALK.replace(b"Avastin\xae", name))
        assert "line 7, column Drug Name: “" in said
        assert "would run as a formula" in said

    def test_of_a_formula_in_a_workbook(self) -> None:
        row = ("J9036", "0010", "3", "=1+1", "Bendamustine", "20200101", None, None, "N")
        rows = (*samples.HCPCS_ROWS[:3], row, samples.HCPCS_ROWS[3])
        said = refusal(samples.workbook([samples.HCPCS_HEADER, *rows]))
        assert "row 5, column LONG DESCRIPTION: “=1+1” would run as a formula" in said

    def test_of_one_package_said_twice_in_two_ways(self) -> None:
        row = b"J9035,Bevacizumab injection,Genentech,50242-0060-01,Avastin,10 MG,4,1,10,10,,,\r\n"
        twice = samples.CROSSWALK.replace(b"Q4295", row + b"Q4295", 1)
        assert read(twice).dropped["repeated row"] == 1
        said = refusal(twice.replace(row, row.replace(b",10,10,", b",40,40,")))
        assert said == "file.csv, line 8, column package: J9035 50242006001 stands on line 6 with other values"

    def test_of_one_package_that_two_codes_make_two_drugs(self) -> None:
        said = refusal(samples.CROSSWALK.replace(b"Retacrit,1000", b"Keytruda,1000"))
        assert (
            said == "file.csv, line 10, column NDC2: package 00069130510 is another drug on line 9, under another code"
        )

    def test_of_a_code_priced_twice(self) -> None:
        row = b"J9035,Bevacizumab injection,10 MG,1.000,20.000,,,,,,,\r\n"
        assert "J9035 stands on line 9 with other values" in refusal(samples.PRICING.replace(b"Q5107", row + b"Q5107"))
        assert "apart from here" in refusal(samples.PRICING + row)

    def test_of_a_record_of_another_length(self) -> None:
        said = refusal(samples.HCPCS_FIXED.replace(b"Vancomycin inj", b"Vancomycin"))
        assert "line 4: it is no record of 320 characters as the layout has them, but one of 316" in said

    def test_of_a_second_line_without_its_first(self) -> None:
        lines = samples.HCPCS_FIXED.splitlines(keepends=True)
        said = refusal(b"".join(lines[:4] + lines[5:]))
        assert "line 5, column record id: a further line of J9035 stands without its first one" in said

    def test_of_a_file_with_a_thousand_faults(self) -> None:
        rows = b"".join(b"J%04d,Words,1 MG,many,20.000,,,,,,,\r\n" % number for number in range(1100))
        assert "more than 1000 places cannot be read" in refusal(samples.PRICING.replace(b"J9035", rows + b"J9035"))

    def test_never_show_the_words_of_a_cpt_row(self) -> None:
        for content in (samples.PRICING, samples.CROSSWALK, samples.ADDENDUM_B):
            file = read(content)
            assert "dropped" not in repr(list(file.rows)) + repr(file.problems)


def real_files() -> Iterator[Path]:
    for pattern in ("asp/20*", "hcpcs/*", "opps/20*", "ndc/*", "format_samples/HCPC*", "format_samples/section*"):
        yield from sorted(DATA.glob(pattern))


UNREADABLE = ("Corrections", "NOC-Codes", "Record-Layout", "trans_alpha")
"""Of the real files those that are none of the kinds: changes, lists and a description."""


@pytest.mark.xdist_group("published files")
@where_present
class TestRealFiles:
    @pytest.mark.parametrize("path", list(real_files()), ids=lambda path: path.name.replace(" ", "_"))
    def test_are_read_to_their_end(self, path: Path) -> None:
        if any(name in path.name for name in UNREADABLE):
            with pytest.raises(UnableToReadFile):
                open_file(path)
            return
        found = published.reading(path)
        assert found.number
        assert found.problems <= 5
        assert "D" not in found.letters
        assert (found.quarter is None) == (path.parent.name == "ndc")

    def test_have_as_many_rows_as_were_counted_by_hand(self) -> None:
        counted = {"2024Q1": (6684, 823), "2024Q4": (7429, 865), "2025Q4": (8245, 1012), "2026Q1": (7125, 877)}
        for quarter, numbers in counted.items():
            for path, number in zip(
                (published.only(f"asp/{quarter}_*Crosswalk*"), published.pricing_path(quarter)), numbers, strict=True
            ):
                file = open_file(path, quarter=Quarter.parse(quarter))
                assert sum(1 for _ in file.rows) + file.dropped.total() == number

    def test_say_the_same_of_2019_in_text_and_workbook(self) -> None:
        text = {row.code: row for row in published.reading(published.only("hcpcs/2019-Alpha*.zip")).rows}
        assert len(text) == 6440 + 360
        assert text["J9035"].long_description == "Injection, bevacizumab, 10 mg"

    def test_say_the_same_of_october_2025_resliced_and_rebuilt(self) -> None:
        resliced = {row.code: row[2:] for row in published.reading(published.only("hcpcs/HCPC2025*resliced*")).rows}
        rebuilt = {row.code: row[2:] for row in published.reading(published.only("hcpcs/HCPCS_2025*")).rows}
        assert resliced.keys() == rebuilt.keys()
        # Of two modifiers the rebuilt file has the description's last letter before the label.
        assert {code for code, row in resliced.items() if row != rebuilt[code]} == {"GU", "SS"}
