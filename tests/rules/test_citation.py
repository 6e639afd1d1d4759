from datetime import date

from rules.citation import Citation, Source


class TestSource:
    def test_may_lack_an_address_and_a_year(self) -> None:
        source = Source("house", "Publisher", "Title", None, None, date(2026, 11, 21))
        assert source.archived_url is None


class TestCitation:
    def test_without_a_place_names_the_whole_source(self) -> None:
        assert Citation("house").locator == ""

    def test_equals_by_content(self) -> None:
        assert Citation("house", "R5") == Citation("house", "R5")
        assert len({Citation("house", "R5"), Citation("house", "R5")}) == 1
