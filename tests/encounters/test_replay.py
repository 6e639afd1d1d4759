"""Old runs say what they said, whatever the rules say now."""

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from encounters import coding, replay, rulebooks
from encounters.models import AuditEvent, CodingRun, RulebookFile, RulebookVersion
from rules import engine
from rules.rulebook import loader
from rules.rulebook.model import Rulebook
from tests.factories.encounters import DAY_AFTER, MORNING, AddendumFactory, DrugAdministrationFactory
from tests.factories.reviews import CodingRunFactory, a_line

pytestmark = pytest.mark.django_db


def a_run(**changes: object) -> CodingRun:
    run = coding.run(encounter=DrugAdministrationFactory.create(**changes).encounter, at=DAY_AFTER)
    return CodingRun.objects.get(pk=run.pk)


@pytest.fixture
def changed_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Rulebook]:
    """From tomorrow an infusion begins at 120 minutes: what was an infusion would be a push."""
    data = tmp_path / "data"
    shutil.copytree(loader.DATA_DIR, data)
    file = data / "parameters/cpt/time_thresholds.yaml"
    text = file.read_text()
    assert "infusion_from:" in text
    head, _, rest = text.partition("infusion_from:")
    file.write_text(head + "infusion_from:" + rest.replace("value: 16", "value: 120", 1))
    rulebook = Rulebook(loader.read_content(data_dir=data))
    for module in (coding, replay, rulebooks):
        monkeypatch.setattr(module, "load_rulebook", lambda: rulebook)
    monkeypatch.setattr(rulebooks, "rulebook_files", lambda: loader.files_of(data_dir=data))
    rulebooks._packed.cache_clear()
    rulebooks._kept.cache_clear()
    yield rulebook
    rulebooks._packed.cache_clear()
    rulebooks._kept.cache_clear()


class TestReplay:
    def test_gives_the_result_byte_for_byte(self) -> None:
        run = a_run(stopped_at=None)
        assert coding.result_of(run).findings
        found = replay.replay(run=run)
        assert (found.is_identical, found.is_same_engine, found.is_rulebook_installed) == (True, True, True)
        assert found.text == run.result

    def test_does_not_look_at_the_chart_of_today(self) -> None:
        run = a_run()
        AddendumFactory.create(administration=run.encounter.administrations.get())
        assert replay.replay(run=run).is_identical

    def test_of_another_engine_compares_all_but_its_version(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = a_run()
        monkeypatch.setattr(engine, "ENGINE_VERSION", "9.9")
        found = replay.replay(run=run)
        assert (found.is_identical, found.is_same_engine) == (True, False)
        assert found.engine.startswith("9.9+")

    def test_names_what_differs(self) -> None:
        run = a_run()
        result = json.loads(run.result)
        result["lines"][0]["units"] = 9
        run.result = json.dumps(result)
        found = replay.replay(run=run)
        assert found.differences == ("the stored result is not that of its digest", "lines")

    def test_refuses_rules_that_were_not_kept(self) -> None:
        run = CodingRunFactory.create(lines=[a_line(price=Decimal(1))])
        with pytest.raises(replay.UnableToReplay, match=r"Run 1 was made with rules test.*, which were not kept"):
            replay.replay(run=run)


class TestAfterAChangeOfRules:
    def test_old_runs_say_what_they_said(self, changed_rules: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as then:
            then.setattr(coding, "load_rulebook", loader.load_rulebook)
            runs = [a_run(external_id=f"a{number}") for number in range(5)]
        assert {run.rulebook_version for run in runs} == {loader.load_rulebook().version}
        for run in runs:
            found = replay.replay(run=run)
            assert (found.is_identical, found.is_rulebook_installed) == (True, False)

    def test_today_shows_what_would_change(self, changed_rules: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as then:
            then.setattr(coding, "load_rulebook", loader.load_rulebook)
            run = a_run()
        for today in (replay.under_todays_rules(run=run), replay.as_of_today(run=run)):
            codes = {(change.code, change.units, change.units_after) for change in today.changes}
            assert ("96365", 1, 0) in codes
            assert ("96374", 0, 1) in codes
            assert today.dollars == sum(change.dollars or 0 for change in today.changes)

    def test_new_rules_are_kept_when_they_first_code(self, changed_rules: Rulebook) -> None:
        files = RulebookFile.objects.count()
        run = a_run()
        assert run.rulebook_version == changed_rules.version
        assert RulebookVersion.objects.filter(pk=changed_rules.version).exists()
        assert RulebookFile.objects.count() == files + 1
        assert AuditEvent.objects.get(tag="rules:rulebook:archived").after == {"rulebook": changed_rules.version}


class TestAsOfToday:
    def test_shows_what_the_chart_says_since(self) -> None:
        run = a_run()
        given = run.encounter.administrations.get()
        AddendumFactory.create(administration=given, changes={"stopped_at": (MORNING).isoformat()}, at=DAY_AFTER)
        assert replay.under_todays_rules(run=run).changes == ()
        assert [change.code for change in replay.as_of_today(run=run).changes]


class TestKeep:
    def test_keeps_once(self) -> None:
        assert not rulebooks.keep(rulebook=loader.load_rulebook(), at=MORNING)

    def test_refuses_files_that_changed_under_the_process(self, changed_rules: Rulebook) -> None:
        with pytest.raises(rulebooks.UnableToKeepRulebook, match="restart"):
            rulebooks.store(rulebook=loader.load_rulebook(), at=MORNING)

    def test_a_version_nobody_kept_is_not_there(self) -> None:
        with pytest.raises(rulebooks.RulebookNotKept, match="neither installed nor kept"):
            rulebooks.of_version("0" * 64)


class TestSample:
    def test_the_same_seed_draws_the_same(self) -> None:
        ids = [a_run(external_id=f"a{number}").pk for number in range(6)]
        assert replay.sample(number=3, seed=7) == replay.sample(number=3, seed=7)
        assert replay.sample(number=10, seed=7) == ids


class TestCommand:
    def test_counts(self, capsys: pytest.CaptureFixture[str]) -> None:
        for number in range(3):
            a_run(external_id=f"a{number}")
        call_command("replay", "--sample", "2", "--seed", "3")
        assert "2 runs in" in capsys.readouterr().out
        call_command("replay")
        assert ": 0 differences" in capsys.readouterr().out

    def test_fails_where_one_differs(self, capsys: pytest.CaptureFixture[str]) -> None:
        run = CodingRunFactory.create(lines=[a_line(price=Decimal(1))])
        with pytest.raises(CommandError, match="1 runs differ"):
            call_command("replay", "--run", str(run.pk))
        assert "were not kept" in capsys.readouterr().out
