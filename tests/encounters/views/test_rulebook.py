"""The rules as a page."""

from pathlib import Path

import pytest
from pytest_django import Settings

from encounters import worked_cases
from rules.rulebook.loader import load_rulebook
from tests import personas
from tests.encounters.views.desk import Person, signed_in

pytestmark = pytest.mark.django_db


class TestIndex:
    def test_lists_every_rule_with_its_statement(self) -> None:
        page = signed_in().get("/rules/").text
        for rule in load_rulebook().rules.values():
            assert f'id="rule-{rule.id}"' in page

    def test_lists_the_facility_s_own_policies(self, tmp_path: Path, settings: Settings) -> None:
        (tmp_path / "own.yaml").write_text(
            "layer: facility\nname: st-elsewhere\ntitle: St. Elsewhere\nchecked: 2026-11-21\n"
            "values:\n  jz:\n    - {value: 'false', from: 2026-01-01, source: house}\n"
        )
        settings.POLICY_DIR = tmp_path
        assert "st-elsewhere</th>" in signed_in().get("/rules/").text

    @pytest.mark.parametrize("person", personas.EVERYBODY)
    def test_is_open_to_everybody_who_is_signed_in(self, person: Person) -> None:
        assert signed_in(person()).get("/rules/").status_code == 200


class TestConformance:
    def test_lists_every_case_with_both_answers(self) -> None:
        page = signed_in().get("/rules/conformance/").text
        found = worked_cases.checked()
        assert found is not None
        for case in found.cases:
            assert f'id="case-{case.id}"' in page
        assert f"{found.total.met} of {found.total.asked}" in " ".join(page.split())

    def test_says_that_no_cases_are_installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worked_cases, "folder", lambda: tmp_path)
        worked_cases._checked.cache_clear()
        page = signed_in().get("/rules/conformance/").text
        worked_cases._checked.cache_clear()
        assert "not installed beside this instance" in page

    @pytest.mark.parametrize("person", personas.EVERYBODY)
    def test_is_open_to_everybody_who_is_signed_in(self, person: Person) -> None:
        assert signed_in(person()).get("/rules/conformance/").status_code == 200
