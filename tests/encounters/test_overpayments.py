"""What was billed beyond the corrected rules is found, with its deadline; what a proposal would do is printed."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from encounters import overpayments
from encounters.models import Review
from encounters.review import claims, preparation, states
from rules.errors import ParameterNotInForce
from rules.rulebook import loader
from rules.rulebook.model import Rulebook
from tests import personas
from tests.factories.encounters import DAY_AFTER, MORNING, SERVICE_DATE, DrugAdministrationFactory

pytestmark = pytest.mark.django_db

FOUND = date(2026, 3, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rules under which a further hour needs 60 minutes, not 31."""
    for name, content in loader.files_of().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    file = tmp_path / "parameters/cpt/time_thresholds.yaml"
    head, word, rest = file.read_text().partition("additional_from:")
    file.write_text(head + word + rest.replace("value: 31", "value: 60", 1))
    return tmp_path


@pytest.fixture
def corrected(folder: Path) -> Rulebook:
    return Rulebook(loader.read_content(data_dir=folder))


@pytest.fixture
def accepted() -> Review:
    encounter = DrugAdministrationFactory.create(stopped_at=MORNING + timedelta(minutes=91)).encounter
    review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
    assert review is not None
    held = claims.claim(review=review, user=personas.ana(), at=DAY_AFTER)
    said = {"user": personas.ana(), "at": DAY_AFTER, "version": held.version}
    return states.accept(review=held, reason="confirmed", **said)


class TestOverpayments:
    def test_are_what_exceeds_the_corrected_rules(self, accepted: Review, corrected: Rulebook) -> None:
        (one,) = overpayments.overpayments(rulebook=corrected, identified_on=FOUND)
        assert (one.encounter_id, one.date_of_service) == (accepted.encounter_id, SERVICE_DATE)
        assert one.lines == (("96366", 1, 0),)
        assert one.dollars > Decimal(0)
        assert one.return_by == FOUND + timedelta(days=60)

    def test_are_none_under_the_rules_that_billed(self, accepted: Review) -> None:
        assert not list(overpayments.overpayments(rulebook=loader.load_rulebook(), identified_on=FOUND))

    def test_are_looked_for_six_years_back(self, accepted: Review, corrected: Rulebook) -> None:
        later = date(SERVICE_DATE.year + 6, SERVICE_DATE.month, SERVICE_DATE.day)
        assert list(overpayments.overpayments(rulebook=corrected, identified_on=later))
        assert not list(overpayments.overpayments(rulebook=corrected, identified_on=later + timedelta(days=3)))

    def test_know_no_deadline_before_the_rule(self, corrected: Rulebook) -> None:
        with pytest.raises(ParameterNotInForce):
            list(overpayments.overpayments(rulebook=corrected, identified_on=date(2016, 3, 13)))


class TestCommand:
    def test_shows_what_proposed_rules_would_do(
        self, accepted: Review, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("impact", "--rulebook", str(folder), "--overpayments", "--identified", "2026-03-01")
        said = capsys.readouterr().out
        assert "0 open and 1 accepted would change" in said
        assert "to be returned by 2026-04-30" in said
        assert "1 overpayments" in said

    @pytest.mark.parametrize("wrong", [[], ["--set", "nothing"], ["--set", "nothing=1"], ["--rulebook", "/nowhere"]])
    def test_refuses_what_is_no_proposal(self, accepted: Review, wrong: list[str]) -> None:
        with pytest.raises(CommandError):
            call_command("impact", *wrong)
