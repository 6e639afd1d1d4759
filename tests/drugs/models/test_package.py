import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drugs.models.package import format_ndc, parse_ndc


class TestParseNdc:
    @pytest.mark.parametrize(
        ("printed", "eleven"),
        [
            ("0002-7597-01", "00002759701"),
            ("50242-040-62", "50242004062"),
            ("60575-4112-1", "60575411201"),
            ("50242-0060-01", "50242006001"),
            ("50242006001", "50242006001"),
            (" 50242\u2011060\u201101 ", "50242006001"),
        ],
        ids=["4-4-2", "5-3-2", "5-4-1", "5-4-2", "eleven digits", "odd hyphens"],
    )
    def test_understands(self, printed: str, eleven: str) -> None:
        assert parse_ndc(printed) == eleven

    @pytest.mark.parametrize(
        "printed",
        ["5024206001", "", "5024-060-01", "50242-060-1", "abc", "502420060011", "50242-0060-01-2", "٥٠٢٤٢٠٠٦٠٠١"],
        ids=["ten digits", "empty", "4-3-2", "5-3-1", "letters", "twelve", "four parts", "other digits"],
    )
    def test_refuses_what_could_be_several(self, printed: str) -> None:
        assert parse_ndc(printed) is None

    @settings(deadline=None)
    @given(st.from_regex(r"[0-9]{11}", fullmatch=True))
    def test_reads_what_format_writes(self, ndc: str) -> None:
        assert parse_ndc(format_ndc(ndc)) == ndc
