import doctest
from datetime import date
from decimal import Decimal
from types import ModuleType

import pytest

from drugs.cms import cells, columns, descriptor, ndc, periods
from drugs.cms.cells import FORMULA_SIGNS, code_of, date_of, inert, is_formula, number_of, shown, text_of
from drugs.cms.periods import by_name
from drugs.cms.quarters import Quarter


class TestTextOf:
    def test_leaves_one_line_without_invisible_signs(self) -> None:
        assert text_of("\ufeff Otulfi\u00a0\t\r\n IV\u200b ") == "Otulfi IV"

    def test_makes_codes_of_what_conversions_left(self) -> None:
        assert {code_of(cell) for cell in ("A4341", "A4341\u00ff", "A4341\u00a0", "A4341\ufffd", " A4341 ")} == {
            "A4341"
        }


class TestNumberOf:
    @pytest.mark.parametrize(
        ("cell", "number"),
        [("75.492", "75.492"), (" $3,084.03 ", "3084.03"), (".5", "0.5"), ("N/A", None), (" ", None), ("0", "0")],
    )
    def test_reads_dollars_thousands_and_what_is_not_given(self, cell: str, number: str | None) -> None:
        assert number_of(cell) == (None if number is None else Decimal(number))

    @pytest.mark.parametrize("cell", ["21.3125?", "1,2", "-5", "1e9", "=1", "12 mg", "\u0661", "1" * 30, "$", "NaN0"])
    def test_takes_nothing_else(self, cell: str) -> None:
        with pytest.raises(ValueError, match="is not a number"):
            number_of(cell)


class TestDateOf:
    def test_reads_both_ways_of_writing(self) -> None:
        assert date_of("20250701") == date_of("2025-07-01") == date(2025, 7, 1)
        assert date_of("nan") is None

    @pytest.mark.parametrize("cell", ["20250732", "2025", "02301012", "tomorrow"])
    def test_takes_nothing_else(self, cell: str) -> None:
        with pytest.raises(ValueError, match="is not a date"):
            date_of(cell)


class TestIsFormula:
    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\uff1d1"])
    def test_knows_the_signs(self, text: str) -> None:
        assert is_formula(text)

    def test_lets_others_be(self) -> None:
        assert not is_formula("A-1")


class TestInert:
    @pytest.mark.parametrize("sign", [*FORMULA_SIGNS, "\t", "\r", "\n", " =", "\ufeff="])
    def test_puts_an_apostrophe_before_what_would_be_run(self, sign: str) -> None:
        assert inert(f"{sign}cmd()") == f"'{sign}cmd()"

    @pytest.mark.parametrize("cell", ["", "A-1", "a=b", -1, Decimal("-1.5"), None])
    def test_lets_others_be(self, cell: object) -> None:
        assert inert(cell) is cell


class TestShown:
    def test_shortens_and_shows_no_control_signs(self) -> None:
        assert shown("\x1b[31m" + "a" * 100) == "\ufffd[31m" + "a" * 54 + "…"


class TestQuarter:
    def test_has_its_days(self) -> None:
        quarter = Quarter.parse("2025Q4")
        assert (quarter.since, quarter.until) == (date(2025, 10, 1), date(2026, 1, 1))
        assert Quarter.of(date(2025, 12, 31)) == quarter
        assert str(quarter) == "2025Q4"
        assert quarter < Quarter(2026, 1)

    def test_is_nothing_else(self) -> None:
        with pytest.raises(ValueError, match="is not a quarter"):
            Quarter.parse("2025Q5")

    @pytest.mark.parametrize(
        ("name", "quarter"),
        [
            ("section 508 version of Jul 2024 ASP Pricing File 062024.csv", "2024Q3"),
            ("section 508 verision of JUL 2025 ASP Pricing File 062325.csv", "2025Q3"),
            ("Section 508 version of January_Web_2024_Addendum_B.04.24.24.csv", "2024Q1"),
            ("HCPC2026_OCT_ANWEB.csv", "2026Q4"),
            ("HCPC2019_CONTR_ANWEB.txt", "2019Q1"),
            ("HCPCS_2024_JUL_level2_converted.csv", "2024Q3"),
            ("2026Q1_section 508 version of January 2026 Medicare Part B Payment Limit File 121725.csv", "2026Q1"),
            ("2026Q1_section 508 version of April 2026.csv", None),
            ("product.txt", None),
            ("Injanuary 2024.csv", None),
        ],
    )
    def test_is_read_from_the_names_in_use(self, name: str, quarter: str | None) -> None:
        assert by_name(name) == (Quarter.parse(quarter) if quarter else None)


class TestExamples:
    @pytest.mark.parametrize("module", [cells, columns, descriptor, ndc, periods], ids=lambda module: module.__name__)
    def test_in_docstrings_hold(self, module: ModuleType) -> None:
        ran = doctest.testmod(module)
        assert ran.attempted
        assert not ran.failed
